/**
 * The small supervisor (native/src/supervise) in the place of udocker: what it costs, that nothing outlives it,
 * how it ends, the init inside namespaces, stopping and going on, and runs that udocker stays beside.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPane, openWindow } from './support/pane.ts';
import { enginesUnderTest } from './support/run-engines.ts';
import type { Job } from './support/run-job.ts';
import { busybox, engineFile, openRunLab, processesWith, type RunLab, until } from './support/run-lab.ts';

let lab: RunLab;
beforeAll(() => {
  if (busybox !== undefined) lab = openRunLab({ supervised: true });
});
afterAll(() => lab?.close());

let markers = 0;
/** A number of seconds that nothing else on this host sleeps. */
function marker(): string {
  markers += 1;
  return `${8000 + markers}.${process.pid}`;
}

/** What `/proc/PID/stat` says of a process's name and state. Undefined for one that has gone by now. */
function stateOf(pid: number): { command: string; state: string } | undefined {
  try {
    const [, command = '', state = ''] =
      /^\d+ \((.*)\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    return { command, state };
  } catch {
    return undefined;
  }
}

function statesOf(commandLine: string): (string | undefined)[] {
  return processesWith(commandLine).map((pid) => stateOf(pid)?.state);
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  return text.split(' ').filter(Boolean).map(Number);
}

function residentKilobytes(pid: number): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

for (const { name, program, job } of enginesUnderTest) {
  const needed = [program, busybox ?? '/bin/busybox', engineFile, '/usr/bin/tmux'];
  const missing = needed.filter((path) => !existsSync(path));
  const title = missing.length === 0 ? name : `${name} (skipped: no ${missing.join(', ')})`;
  describe.skipIf(missing.length > 0)(title, () => {
    const isRuntime = job.mode === 'R1';
    const sh = (script: string, more: Partial<Job> = {}): Partial<Job> => ({
      ...job,
      command: ['sh', '-c', script],
      ...more,
    });
    const sleeping = async (more: Partial<Job> = {}) => {
      const seconds = marker();
      const running = lab.start({ ...sh(`echo up; exec sleep ${seconds}`), ...more });
      await running.said('up');
      await until(() => processesWith(`sleep ${seconds}`).length >= 1);
      return { running, seconds, pid: running.child.pid ?? 0 };
    };

    test('what stays in the place of udocker is below 300 KB, twice', async () => {
      const { running, pid } = await sleeping();
      await until(() => childrenOf(pid).length === 1);
      const stays = [pid, ...childrenOf(pid)];
      for (const one of stays) {
        expect(readlinkSync(`/proc/${one}/exe`)).toBe(lab.nativeEngine);
        expect(residentKilobytes(one)).toBeLessThan(300);
      }
      // The runtime has gone: the keeper's only child is process 1, our init.
      if (isRuntime) {
        const inits = () =>
          childrenOf(stays[1] ?? 0).filter((child) => stateOf(child)?.command === 'udocker-init');
        await until(() => inits().length === 1);
        const [init = 0] = inits();
        expect(residentKilobytes(init)).toBeLessThan(300);
      }
      running.child.kill('SIGTERM');
      await running.ended;
    });

    test('TERM, INT, HUP, QUIT and USR1 end a program without handlers, and us by the same signal', async () => {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const) {
        const { running, seconds } = await sleeping();
        const ended = new Promise((done) => running.child.on('exit', (_, by) => done(by)));
        running.child.kill(signal);
        expect(await ended).toBe(signal);
        await until(() => processesWith(seconds).length === 0);
      }
    }, 120_000);

    test('whichever of the two is killed, nothing is left', async () => {
      for (const victim of ['front', 'keeper', 'both'] as const) {
        const { running, seconds, pid } = await sleeping();
        await until(() => childrenOf(pid).length === 1);
        const [keeper = 0] = childrenOf(pid);
        // Time for process 1 to learn that its parent stays.
        await new Promise((resolve) => setTimeout(resolve, 200));
        if (victim !== 'front') process.kill(keeper, 'SIGKILL');
        if (victim !== 'keeper') process.kill(pid, 'SIGKILL');
        expect((await running.ended).status).toBe(137);
        await until(() => processesWith(seconds).length === 0);
      }
    });

    test('a signal to the whole group arrives once', async () => {
      const script =
        'n=0; trap "n=$((n+1))" TERM; echo up; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; echo n=$n';
      const asLab = process.getuid?.() === 0 ? { uid: lab.uid, gid: lab.gid } : {};
      const child = spawn(lab.executable, [lab.jobFile(sh(script))], {
        ...asLab,
        detached: true,
        cwd: lab.home,
        env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: lab.home },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      await until(() => text.includes('up'));
      await new Promise((resolve) => setTimeout(resolve, 200));
      process.kill(-(child.pid ?? 0), 'SIGTERM');
      await new Promise((done) => child.on('close', done));
      expect(text).toBe('up\nn=1\n');
    });

    test('exit statuses, and signals as 128 + n', async () => {
      for (const status of [0, 3, 125, 128, 143, 255])
        expect((await lab.runJob(sh(`exit ${status}`))).status).toBe(status);
      if (!isRuntime) return;
      // With an init, a program may well kill itself.
      for (const [signal, status] of [
        ['KILL', 137],
        ['SEGV', 139],
        ['TERM', 143],
      ] as const)
        expect((await lab.runJob(sh(`kill -${signal} $$; sleep 5`))).status).toBe(status);
    });

    test('with --rm udocker stays, and signals arrive once all the same', async () => {
      const { running, seconds } = await sleeping({ stay: true });
      running.child.kill('SIGTERM');
      expect((await running.ended).status).toBe(143);
      await until(() => processesWith(seconds).length === 0);
      const handling = lab.start(
        sh('trap "echo got" TERM; echo up; for i in 1 2 3 4 5; do sleep 0.1; done; exit 4', { stay: true }),
      );
      await handling.said('up');
      handling.child.kill('SIGTERM');
      const { status, stdout } = await handling.ended;
      expect([status, stdout.toString()]).toEqual([4, 'up\ngot\n']);
      const killed = await sleeping({ stay: true });
      killed.running.child.kill('SIGKILL');
      await until(() => processesWith(killed.seconds).length === 0);
    });

    test('the descriptor that PMI_FD names reaches the program, across a gap', async () => {
      const file = join(lab.directory, `pmi-${name.replaceAll(' ', '-')}`);
      writeFileSync(file, 'hello\n');
      const fd = openSync(file, 'r');
      const asLab = process.getuid?.() === 0 ? { uid: lab.uid, gid: lab.gid } : {};
      const child = spawn(lab.executable, [lab.jobFile(sh('cat <&5', { env: ['PMI_FD'] }))], {
        ...asLab,
        cwd: lab.home,
        env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: lab.home, PMI_FD: '5' },
        stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'ignore', fd],
      });
      closeSync(fd);
      let text = '';
      child.stdout?.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      await new Promise((done) => child.on('close', done));
      expect(text).toBe('hello\n');
    });

    test('Ctrl-C ends a program without handlers on a terminal', async () => {
      const pane = await openPane(lab, lab.jobFile(sh('echo ready; exec sleep 60')));
      await pane.shows('ready');
      await pane.tmux('send-keys', 'C-c');
      await pane.shows('ended 130');
      await pane.shows(' icanon');
      await pane.close();
    }, 120_000);

    test('Ctrl-Z stops, fg goes on, in an interactive shell of the host', async () => {
      const pane = await openWindow(lab, "env PS1='host: ' sh -i");
      // Without a terminal as output, the keys belong to the host's terminal in all modes.
      const script = 'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo $i >/tmp/count; sleep 0.1; done';
      const directory = lab.container();
      const count = () => Number(readFileSync(join(directory, 'ROOT/tmp/count'), 'utf8').trim() || '0');
      await pane.types(`${lab.executable} ${lab.jobFile(sh(script, { directory }))} </dev/null | cat`);
      await until(() => existsSync(join(directory, 'ROOT/tmp/count')));
      await pane.tmux('send-keys', 'C-z');
      await pane.shows('Stopped');
      let stopped: number;
      do {
        stopped = count();
        await new Promise((resolve) => setTimeout(resolve, 700));
      } while (count() !== stopped);
      await pane.types('fg');
      await until(() => count() > stopped + 2);
      await pane.tmux('send-keys', 'C-c');
      await pane.types('echo status $?');
      await pane.shows('status ');
      await pane.close();
    }, 120_000);

    test('an interactive shell inside stops and resumes its own jobs', async () => {
      const pane = await openPane(lab, lab.jobFile({ ...job, command: ['sh', '-i'] }));
      await pane.shows('c0ffee00#');
      const sleep = `sleep ${marker()}`;
      await pane.types(sleep);
      await until(() => statesOf(sleep).includes('S'));
      await pane.tmux('send-keys', 'C-z');
      await pane.shows('Stopped');
      await pane.types('fg');
      await until(() => statesOf(sleep).includes('S'));
      await pane.tmux('send-keys', 'C-c');
      await pane.types('exit 5');
      await pane.shows('ended 5');
      await pane.close();
    }, 120_000);

    test.skipIf(!isRuntime)('process 1 collects what others leave behind', async () => {
      const script =
        '(sleep 0.1 & sleep 0.1 &) ; sleep 0.5; grep -l "^State:.Z" /proc/[0-9]*/status; cat /proc/1/comm';
      const { stdout } = await lab.runJob(sh(script));
      expect(stdout.toString()).toBe('udocker-init\n');
    });

    test.skipIf(!isRuntime)('a program that is an init itself is process 1', async () => {
      const directory = lab.container();
      await lab.runJob(sh('cp /bin/busybox /bin/tini', { directory }));
      const { stdout } = await lab.runJob({ ...job, directory, command: ['/bin/tini', 'echo'] });
      expect(stdout.toString()).not.toContain('udocker-init');
      const file = join(directory, 'ROOT/init');
      writeFileSync(file, '#!/bin/sh\necho $$\n', { mode: 0o755 });
      const { stdout: own } = await lab.runJob({ ...job, directory, command: ['/init'] });
      expect(own.toString()).toBe('1\n');
    });

    test.skipIf(!isRuntime)(
      'the program inherits no descriptor of the init, and its environment only',
      async () => {
        const { stdout } = await lab.runJob(sh('ls /proc/self/fd | tr "\\n" " "; echo $$ $PPID'));
        expect(stdout.toString()).toMatch(/^0 1 2 3 \d+ 1\n$/); // 3 is the directory that ls reads
      },
    );
  });
}
