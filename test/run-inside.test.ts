/**
 * R2 and R3 on this host, as an unprivileged user: Debian's PRoot, which needs shared libraries, inside containers of
 * both runtimes that have no libraries at all.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from './support/run-job.ts';
import { busybox, engineFile, openRunLab, processesWith, type RunLab, until } from './support/run-lab.ts';

const runtimes = [
  { name: 'crun', program: '/usr/bin/crun' },
  { name: 'runc', program: '/usr/sbin/runc' },
];
let lab: RunLab;
beforeAll(() => {
  if (busybox !== undefined && existsSync(engineFile)) lab = openRunLab({ supervised: true });
});
afterAll(() => lab?.close());

const ways = ['R2', 'R3'].flatMap((mode) => runtimes.map((runtime) => ({ mode, ...runtime })));
for (const { mode, name, program } of ways) {
  const missing = [program, '/usr/bin/proot', busybox ?? '/bin/busybox', engineFile].filter(
    (path) => !existsSync(path),
  );
  const title = `${mode} with ${name}${missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')})`}`;
  describe.skipIf(missing.length > 0)(title, () => {
    const sh = (script: string, more: Partial<Job> = {}): Partial<Job> => ({
      mode,
      chosen: { runc: program },
      command: ['sh', '-c', script],
      ...more,
    });

    test('root inside, the status of the program, nothing of the host in its environment', async () => {
      const ended = await lab.runJob(
        sh('id -u; pwd; env | grep -c LD_; exit 7', { request: { workdir: '/bin' } }),
      );
      expect([ended.status, ended.stdout.toString(), ended.stderr]).toEqual([7, '0\n/bin\n0\n', '']);
    });

    test('names are looked up where the program is', async () => {
      const ended = await lab.runJob(
        sh('cd /tmp; rm -f a b; echo 1 > a; ln a b; stat -c %h a; cd /; test -e a || echo gone'),
      );
      expect([ended.stdout.toString(), ended.stderr]).toEqual(['2\ngone\n', '']);
    });

    test('bytes pass as they are', async () => {
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      const ended = await lab.runJob(sh('cat'), bytes);
      expect(ended.stdout.equals(bytes)).toBe(true);
    });

    test('another user', async () => {
      const ended = await lab.runJob(sh('id -u; id -g; id -un', { user: 'guest' }));
      expect(ended.stdout.toString()).toBe('1000\n1000\nguest\n');
    });

    test('read-only volumes, and files given to others', async () => {
      const directory = join(lab.home, `volume-${mode}-${name}`);
      mkdirSync(directory);
      writeFileSync(join(directory, 'file'), 'there\n');
      const script =
        'cat /v/file; touch /v/x 2>/dev/null || echo no; touch /f; chown 12:34 /f 2>/dev/null && echo given';
      const ended = await lab.runJob(sh(script, { volumes: [`${directory}:/v:ro`] }));
      expect(ended.stdout.toString()).toBe('there\nno\ngiven\n');
    });

    test('a signal reaches the program and takes all of it along', async () => {
      const seconds = `88${mode.slice(1)}${name.length}.${process.pid}`;
      const running = lab.start(sh(`echo up; sleep ${seconds}; echo after`));
      await running.said('up');
      running.child.kill('SIGTERM');
      expect((await running.ended).status).toBe(143);
      await until(() => processesWith(seconds).length === 0);
    });
  });
}
