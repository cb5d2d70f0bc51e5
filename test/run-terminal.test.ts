/**
 * Engines on a real terminal: tmux draws it, types into it and changes its size, and the tests read the screen.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { openPane as openPaneIn, openWindow } from './support/pane.ts';
import { enginesUnderTest } from './support/run-engines.ts';
import type { Job } from './support/run-job.ts';
import { busybox, engineFile, openRunLab, type RunLab } from './support/run-lab.ts';

let plainLab: RunLab;
let supervisedLab: RunLab;
beforeAll(() => {
  if (busybox === undefined) return;
  plainLab = openRunLab();
  supervisedLab = openRunLab({ supervised: true });
});
afterAll(() => {
  plainLab?.close();
  supervisedLab?.close();
});

const ways = enginesUnderTest.flatMap((engine) => [
  { ...engine, supervised: false, how: 'beside udocker' },
  { ...engine, supervised: true, how: 'under the small supervisor' },
]);
for (const { name, program, job, supervised, how } of ways) {
  const programs = [program, '/usr/bin/tmux', '/usr/bin/script', busybox ?? '/bin/busybox'];
  const missing = [...programs, ...(supervised ? [engineFile] : [])].filter((path) => !existsSync(path));
  const title = `${name} ${how}${missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')})`}`;
  describe.skipIf(missing.length > 0)(title, () => {
    let lab: RunLab;
    beforeAll(() => {
      lab = supervised ? supervisedLab : plainLab;
    });
    const openPane = (job: string) => openPaneIn(lab, job);
    const sh = (script: string): Partial<Job> => ({ ...job, command: ['sh', '-c', script] });

    test('on a terminal the program has one, its status comes back', async () => {
      const file = lab.jobFile(sh('test -t 0 && test -t 1 && test -t 2 && tty && exit 7'));
      const { status, stdout } = await lab.run(['script', '-qec', `${lab.executable} ${file}`, '/dev/null'], {
        env: { TERM: 'xterm' },
      });
      expect([status, stdout]).toEqual([7, expect.stringContaining('/dev/pts/')]);
    });

    if (supervised && name !== 'P1') {
      // The terminal is one of the supervisor's making.
      test('what a short program says is all that is seen, and comes whole', async () => {
        const said = async (script: string) => {
          const file = lab.jobFile(sh(script));
          const command = `stty -echo; ${lab.executable} ${file} 2> ${file}.err`;
          const { stdout } = await lab.run(['script', '-qec', command, '/dev/null'], {
            env: { TERM: 'xterm' },
          });
          return [stdout, readFileSync(`${file}.err`, 'utf8')];
        };
        for (let round = 0; round < 3; round += 1) {
          expect(await said('echo out; echo err >&2')).toEqual(['out\r\n', 'err\n']);
        }
        const numbers = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\r\n`).join('');
        expect(await said('seq 20000')).toEqual([numbers, '']);
      });

      test('begun in the background it has the keys once it is in front', async () => {
        const file = lab.jobFile(sh('echo up; read word; echo got $word; exit 3'));
        const pane = await openWindow(lab, "env PS1='host: ' bash --norc -i");
        await pane.types(`${lab.executable} ${file} &`);
        await pane.shows('host: up');
        await pane.types('echo for the sh""ell');
        await pane.shows('\nfor the shell');
        await pane.types('fg');
        await pane.types('hello');
        await pane.shows('\ngot hello');
        await pane.types('echo ended $?; stty -a');
        await pane.shows('\nended 3');
        await pane.shows(' icanon');
        await pane.close();
      }, 120_000);
    }

    test('with the output in a pipe the input stays a terminal and bytes are not changed', async () => {
      const file = lab.jobFile(
        sh('test -t 0 && printf "in\\n"; test -t 1 && echo out; printf "a\\r\\nb\\n"'),
      );
      // runc that stays copies its streams through pipes of its own.
      const inputStays = supervised || name !== 'R1 with runc';
      const command = `${lab.executable} ${file} | od -c`;
      const { stdout } = await lab.run(['script', '-qec', command, '/dev/null'], { env: { TERM: 'xterm' } });
      expect(stdout.replace(/\s+/g, ' ')).toContain(`${inputStays ? 'i n \\n ' : ''}a \\r \\n b \\n`);
    });

    test('the size is known at once and follows the window', async () => {
      const pane = await openPane(
        lab.jobFile(
          sh('stty size; trap "sleep 0.3; stty size; exit 5" WINCH; echo ready; while :; do sleep 0.1; done'),
        ),
      );
      await pane.shows('ready');
      expect(await pane.screen()).toContain('24 80');
      await pane.tmux('resize-window', '-x', '100', '-y', '30');
      await pane.shows('ended 5');
      expect(await pane.screen()).toContain('30 100');
      await pane.close();
    });

    test('Ctrl-C reaches a program that handles it, once', async () => {
      const pane = await openPane(
        lab.jobFile(sh('trap "echo caught; exit 6" INT; echo ready; while :; do sleep 0.1; done')),
      );
      await pane.shows('ready');
      await pane.tmux('send-keys', 'C-c');
      await pane.shows('ended 6');
      expect((await pane.screen()).match(/caught/g)).toHaveLength(1);
      await pane.close();
    });

    test('the terminal is sane after the container was killed', async () => {
      const pane = await openPane(lab.jobFile(sh('echo up; echo $$; while :; do sleep 0.1; done')));
      await pane.shows('up');
      // What udocker has become, or still is.
      const process = supervised ? `${lab.nativeEngine} supervise1` : lab.executable;
      await pane.tmux('run-shell', '-b', `kill -TERM $(pgrep -o -f '${process} ')`);
      await pane.shows('ended 143');
      await pane.shows(' icanon');
      await pane.close();
    });
  });
}
