/**
 * Every engine on this host, as an unprivileged user, through pipes: bytes, status, signals, environment, users,
 * mounts, and that nothing of a container outlives its run. Asserts on what the program inside saw.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enginesUnderTest } from './support/run-engines.ts';
import type { Job } from './support/run-job.ts';
import {
  busybox,
  engineFile,
  give,
  openRunLab,
  processesWith,
  type RunLab,
  until,
} from './support/run-lab.ts';
import { withoutLibrarySignals } from './support/signals.ts';

const engines = [
  ...enginesUnderTest,
  { name: 'P2', program: '/usr/bin/proot', job: { mode: 'P2' } } as const,
];

const asRoot = process.getuid?.() === 0;

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

let markers = 0;
/** A number of seconds that nothing else on this host sleeps. */
function marker(): string {
  markers += 1;
  return `${7000 + markers}.${process.pid}`;
}

const ways = engines.flatMap((engine) => [
  { ...engine, supervised: false, how: 'beside udocker' },
  { ...engine, supervised: true, how: 'under the small supervisor' },
]);
for (const { name, program, job, supervised, how } of ways) {
  const needed = [program, busybox ?? '/bin/busybox', ...(supervised ? [engineFile] : [])];
  const missing = needed.filter((path) => !existsSync(path));
  const title = `${name} ${how}${missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')})`}`;
  describe.skipIf(missing.length > 0)(title, () => {
    let lab: RunLab;
    beforeAll(() => {
      lab = supervised ? supervisedLab : plainLab;
    });
    const sh = (script: string, more: Partial<Job> = {}): Partial<Job> => ({
      ...job,
      command: ['sh', '-c', script],
      ...more,
    });
    const isRuntime = job.mode === 'R1';
    const rootOnly = name === 'R1 with runc';

    test('the exit status is the program’s own', async () => {
      for (const status of [0, 1, 42, 255]) {
        expect((await lab.runJob(sh(`exit ${status}`))).status).toBe(status);
      }
    });

    test('a program killed by a signal ends with 128 + n', async () => {
      expect((await lab.runJob(sh('sh -c "kill -9 \\$\\$"; exit $?'))).status).toBe(137);
      // Process 1 of a namespace cannot kill itself; there the kernel drops the signal.
      if (!isRuntime && kernelTellsEnds()) {
        expect((await lab.runJob(sh('sleep 0.5; kill -9 $$'))).status).toBe(137);
        expect((await lab.runJob(sh('sleep 0.5; kill -SEGV $$'))).status).toBe(139);
        expect((await lab.runJob(sh('sleep 1 & sleep 0.4; exit 7'))).status).toBe(7);
      }
    });

    test('a missing command is 127, one that cannot be executed 126', async () => {
      const absent = await lab.runJob({ ...job, command: ['nosuchcommand'] });
      expect([absent.status, absent.stderr]).toEqual([127, expect.stringContaining('nosuchcommand')]);
      const directory = await lab.runJob({ ...job, command: ['/etc'] });
      expect([directory.status, directory.stderr]).toEqual([126, expect.stringContaining('directory')]);
    });

    test('bytes pass unchanged in both directions, stderr apart', async () => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
      const { stdout, stderr, status } = await lab.runJob(sh('cat; echo "Grüße €" >&2'), bytes);
      expect(status).toBe(0);
      expect(stdout.equals(Buffer.from(bytes))).toBe(true);
      expect(stderr).toBe('Grüße €\n');
    });

    test('a reader that goes away ends the writer by SIGPIPE, quietly', async () => {
      const { stdout, stderr, status } = await lab.runJob(
        sh('yes | head -n 100000 | tail -n 1; (yes; echo $? >&2) | head -n 1'),
      );
      expect([status, stdout.toString(), stderr]).toEqual([0, 'y\ny\n', '141\n']);
    });

    test('the environment is exactly what was asked for', async () => {
      const { stdout } = await lab.runJob({
        ...job,
        command: ['env'],
        env: ['A=1=2 3', 'EMPTY=', 'FROM_HOST', 'NOT_ON_HOST', 'USER=me'],
        config: { env: ['A=image', 'IMAGE=yes', 'NOT_ON_HOST=image', 'PATH=/bin'] },
      });
      expect(stdout.toString().trim().split('\n').sort()).toEqual(
        [
          'A=1=2 3',
          'EMPTY=',
          'FROM_HOST=here',
          'HOME=/root',
          'IMAGE=yes',
          'LOGNAME=root',
          'PATH=/bin',
          // PRoot sets it.
          ...(isRuntime ? [] : ['PWD=/']),
          'PS1=c0ffee00# ',
          'SHLVL=0',
          'USER=me',
          'USERNAME=root',
          `container_execmode=${job.mode}`,
          'container_names=lab',
          `container_ruser=${hostName()}`,
          'container_uuid=c0ffee00-1111-3222-8333-444455556666',
        ].sort(),
      );
    });

    test('arguments keep blanks, quotes and emptiness', async () => {
      const { stdout } = await lab.runJob({
        ...job,
        command: ['printf', '[%s]', 'a b', '', '"q"', '$x', 'ü'],
      });
      expect(stdout.toString()).toBe('[a b][]["q"][$x][ü]');
    });

    test('users by name, number and group', async () => {
      const id = async (user: string) =>
        (await lab.runJob({ ...job, command: ['id'], user })).stdout.toString();
      expect(await id('0')).toContain('uid=0(root) gid=0(root)');
      const { stdout, stderr } = await lab.runJob(sh('id -u; id -g; echo $HOME $USER', { user: 'guest' }));
      if (rootOnly) expect(stderr).toContain('ignored: other-user');
      else expect(stdout.toString()).toBe('1000\n1000\n/tmp guest\n');
      if (!rootOnly) expect(await id('4321:77')).toContain('uid=4321(u4321) gid=77');
      const unknown = await lab.runJob({ ...job, user: 'nobody-knows' });
      expect([unknown.status, unknown.stderr]).toEqual([125, expect.stringContaining('nobody-knows')]);
    });

    test('the working directory is entered, and made when missing', async () => {
      const directory = lab.container();
      const at = async (workdir: string) =>
        (await lab.runJob(sh('pwd; pwd -P', { directory, request: { workdir } }))).stdout.toString();
      expect(await at('/tmp')).toBe('/tmp\n/tmp\n');
      expect(await at('/made/here')).toBe('/made/here\n/made/here\n');
      expect(existsSync(join(directory, 'ROOT/made/here'))).toBe(true);
    });

    test('directories and files are mounted, where nothing was before too', async () => {
      const host = join(lab.directory, `volume-${name.replaceAll(' ', '-')}`);
      mkdirSync(host);
      writeFileSync(join(host, 'in'), 'inside\n');
      give(host, lab);
      const volumes = [`${host}:/data/deep`, `${join(host, 'in')}:/one/file.txt`, `${host}:/ro:ro`];
      const { stdout, stderr } = await lab.runJob(
        sh('cat /data/deep/in /one/file.txt; echo new >/data/deep/out; echo no >/ro/refused', { volumes }),
      );
      expect(stdout.toString()).toBe('inside\ninside\n');
      expect(readFileSync(join(host, 'out'), 'utf8')).toBe('new\n');
      if (isRuntime) expect(existsSync(join(host, 'refused'))).toBe(false);
      else expect(stderr).toContain('ignored: readonly-mounts');
    });

    test('a symlink of the image cannot lead a mount out of the root', async () => {
      const directory = lab.container();
      const outside = join(lab.directory, `outside-${name.replaceAll(' ', '-')}`);
      mkdirSync(outside);
      give(outside, lab);
      await lab.runJob(sh(`ln -s ${outside} /escape`, { directory }));
      const { status } = await lab.runJob(sh('true', { directory, volumes: [`${lab.home}:/escape/point`] }));
      expect(status).toBe(0);
      expect(existsSync(join(outside, 'point'))).toBe(false);
    });

    test('/proc, /sys and the usual devices are there', async () => {
      const { stdout, stderr } = await lab.runJob(
        sh(
          'test -r /proc/self/status && test -d /sys/class && echo x >/dev/null && head -c 2 /dev/zero | wc -c',
        ),
      );
      expect([stdout.toString().trim(), stderr]).toEqual(['2', '']);
    });

    test('SIGTERM to udocker ends the container, and nothing is left', async () => {
      const seconds = marker();
      const running = lab.start(sh(`echo up; sleep ${seconds} & sleep ${seconds}`));
      await running.said('up');
      await until(() => processesWith(`sleep ${seconds}`).length >= 2);
      running.child.kill('SIGTERM');
      expect((await running.ended).status).toBe(143);
      await until(() => processesWith(seconds).length === 0);
    });

    test('a program that handles SIGTERM gets it once and ends as it likes', async () => {
      const running = lab.start(sh('trap "echo got; exit 9" TERM; echo up; while :; do sleep 0.1; done'));
      await running.said('up');
      running.child.kill('SIGTERM');
      const { status, stdout } = await running.ended;
      expect([status, stdout.toString()]).toEqual([9, 'up\ngot\n']);
    });

    test('SIGKILL of udocker leaves nothing running', async () => {
      const seconds = marker();
      const running = lab.start(sh(`echo up; sleep ${seconds}; true`));
      await running.said('up');
      await until(() => processesWith(`sleep ${seconds}`).length >= 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      running.child.kill('SIGKILL');
      await until(() => processesWith(seconds).length === 0);
    });

    test('four runs of one container at once', async () => {
      const runs = [1, 2, 3, 4].map((n) => lab.runJob(sh(`sleep 0.3; echo ${n}; exit ${n}`)));
      const ended = await Promise.all(runs);
      expect(ended.map(({ status, stdout }) => [status, stdout.toString()])).toEqual([
        [1, '1\n'],
        [2, '2\n'],
        [3, '3\n'],
        [4, '4\n'],
      ]);
    });

    const notRoot = asRoot ? '' : ' (skipped: needs root to make one)';
    test.skipIf(!asRoot)(`a container that cannot be written runs all the same${notRoot}`, async () => {
      const directory = lab.container();
      execFileSync('chown', ['-R', '0:0', directory]);
      const { stdout, stderr, status } = await lab.runJob(
        sh('test -d /proc/self && cat /etc/passwd | head -n 1; echo x >/tmp/no', { directory }),
      );
      expect(status).not.toBe(0);
      expect(stdout.toString()).toBe('root:x:0:0:root:/root:/bin/sh\n');
      expect(stderr).toContain('/tmp/no');
      const refused = await lab.runJob(sh('true', { directory, request: { workdir: '/made' } }));
      expect([refused.status, refused.stderr]).toEqual([125, expect.stringContaining('/made')]);
    });

    test('signals are at their defaults inside', async () => {
      const { stdout } = await lab.runJob({
        ...job,
        command: ['grep', '-E', '^Sig(Ign|Blk)', '/proc/self/status'],
      });
      expect(withoutLibrarySignals(stdout.toString())).toBe(
        'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n',
      );
    });
  });
}

const cgroups = ['/usr/bin/crun', '/usr/bin/unshare'].filter((path) => !existsSync(path));
const cgroupsTitle = `crun where cgroups are unified${asRoot ? '' : ' (skipped: needs root to mount)'}`;
test.skipIf(!asRoot || cgroups.length > 0 || busybox === undefined)(cgroupsTitle, async () => {
  const job = { mode: 'R1', chosen: { runc: '/usr/bin/crun' }, command: ['sh', '-c', 'echo in; exit 3'] };
  const file = plainLab.jobFile(job);
  const script = `mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec setpriv --reuid=${plainLab.uid} --regid=${plainLab.gid} --clear-groups ${plainLab.executable} ${file}`;
  const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], {
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([3, 'in\n', '']);
});

/** Kernels from 6.15 tell how a process ended that is not our child; PRoot itself does not. */
function kernelTellsEnds(): boolean {
  const [major = 0, minor = 0] = readFileSync('/proc/sys/kernel/osrelease', 'utf8').split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 15);
}

function hostName(): string {
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
  return entries.find((line) => line.split(':')[2] === String(plainLab.uid))?.split(':')[0] ?? '';
}
