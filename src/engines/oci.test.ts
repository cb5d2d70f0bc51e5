import { expect, test } from 'bun:test';
import { sampleHost, sampleSpec, scriptedProbe } from '../../test/support/run-spec-sample.ts';
import { guestPath, hostPath } from '../paths.ts';
import type { Mount, RunSpec } from '../run/run-spec.ts';
import { crun } from './crun.ts';
import type { Available, ExecPlan } from './engine.ts';
import { runc } from './runc.ts';

const available: Available = {
  kind: 'available',
  executable: hostPath('/usr/bin/rt'),
  version: '1',
  features: new Set(),
  helpers: {},
  quirks: new Set(),
};
const user = { uid: 33, gid: 44, groups: [], name: 'web', home: guestPath('/srv') };

function configOf(plan: ExecPlan) {
  const step = plan.setup.find((step) => step.do === 'write-file' && step.path.endsWith('config.json'));
  if (step?.do !== 'write-file') throw new Error('no config.json in the plan');
  return JSON.parse(step.content);
}
function withUser(spec: RunSpec): RunSpec {
  return { ...spec, process: { ...spec.process, user } };
}

test('the command, its state and its bundle', () => {
  const plan = runc().plan(sampleSpec, available, sampleHost);
  const bundle = plan.setup.find((step) => step.do === 'make-directory' && step.path.includes('/bundles/'));
  if (bundle?.do !== 'make-directory') throw new Error('no bundle');
  expect(plan.command as unknown).toEqual({
    file: '/usr/bin/rt',
    args: ['--root', '/run/me/runc', 'run', '--no-new-keyring', '--bundle', bundle.path, 'udocker-42-abc'],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  expect(bundle.path as string).toMatch(/^\/c\/\.udocker\/bundles\/[0-9a-f]{16}$/);
  expect(plan.conduct).toEqual({ kind: 'through-engine', resizes: true });
  expect(plan.ignored.map(({ feature }) => feature)).toEqual(['ports']);
});

test('config.json', () => {
  const config = configOf(runc().plan(sampleSpec, available, sampleHost));
  expect(config).toMatchObject({
    root: { path: '/c/ROOT' },
    hostname: 'node1',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ['sh', '-c', '', 'x y'],
      env: ['PATH=/bin', 'A=1'],
      cwd: '/work',
    },
    linux: {
      uidMappings: [{ containerID: 0, hostID: 1500, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: 1600, size: 1 }],
      namespaces: ['user', 'mount', 'pid', 'ipc', 'uts'].map((type) => ({ type })),
    },
  });
  expect(config.mounts).toEqual([
    { destination: '/proc', type: 'proc', source: 'proc', options: [] },
    { destination: '/dev', type: 'none', source: '/dev', options: ['rbind', 'rprivate', 'rw'] },
    { destination: '/data', type: 'none', source: '/vol', options: ['rbind', 'rprivate', 'ro'] },
  ]);
  expect(config.linux.resources).toBeUndefined();
});

test('bundles differ exactly when their content does', () => {
  const bundle = (spec: RunSpec) => runc().plan(spec, available, sampleHost).command.args[5];
  expect(bundle(sampleSpec)).toBe(bundle({ ...sampleSpec }));
  expect(bundle(sampleSpec)).not.toBe(bundle({ ...sampleSpec, root: hostPath('/other') }));
});

test('another user: crun maps it, runc says that it cannot', () => {
  const plan = crun().plan(withUser(sampleSpec), available, sampleHost);
  expect(configOf(plan)).toMatchObject({
    process: { user: { uid: 33, gid: 44 }, capabilities: { effective: [] } },
    linux: { uidMappings: [{ containerID: 33, hostID: 1500, size: 1 }] },
  });
  const refused = runc().plan(withUser(sampleSpec), available, sampleHost);
  expect(refused.ignored.map(({ feature }) => feature)).toEqual(['other-user', 'ports']);
  expect(configOf(refused).linux.uidMappings).toEqual([{ containerID: 0, hostID: 1500, size: 1 }]);
});

test('crun on a hybrid host runs where `unified` is covered, as root of a user namespace', () => {
  const helpers = { unshare: hostPath('/usr/bin/unshare'), sh: hostPath('/bin/sh') };
  const plan = crun().plan(sampleSpec, { ...available, helpers }, { ...sampleHost, cgroups: 'hybrid' });
  expect(plan.command.file as string).toBe('/usr/bin/unshare');
  expect(plan.command.args.slice(0, 6)).toEqual([
    '--user',
    '--map-root-user',
    '--mount',
    '--',
    '/bin/sh',
    '-c',
  ]);
  expect(plan.command.args.slice(7, 10)).toEqual(['sh', '/usr/bin/rt', '--cgroup-manager=disabled']);
  expect(configOf(plan).linux.uidMappings).toEqual([{ containerID: 0, hostID: 0, size: 1 }]);
});

test('without system directories the runtime makes a small /dev of its own', () => {
  const bare: Mount = {
    source: hostPath('/dev/null'),
    target: guestPath('/dev/null'),
    readonly: false,
    kind: 'device',
    origin: 'system',
    targetExists: false,
  };
  const { mounts } = configOf(crun().plan({ ...sampleSpec, mounts: [bare] }, available, sampleHost));
  expect(
    mounts.map(({ destination, type }: { destination: string; type: string }) => [destination, type]),
  ).toEqual([
    ['/proc', 'proc'],
    ['/dev', 'tmpfs'],
    ['/dev/pts', 'devpts'],
    ['/dev/shm', 'tmpfs'],
  ]);
});

test('a terminal: its size, and a console for runc', () => {
  const process = { ...sampleSpec.process, terminal: true, terminalSize: { columns: 100, rows: 30 } };
  const config = configOf(runc().plan({ ...sampleSpec, process }, available, sampleHost));
  expect(config.process).toMatchObject({ terminal: true, consoleSize: { width: 100, height: 30 } });
  expect(config.mounts.at(-1)).toMatchObject({ destination: '/dev/console', source: '/c/.udocker/console' });
  expect(crun().plan({ ...sampleSpec, process }, available, sampleHost).conduct).toEqual({
    kind: 'through-engine',
    resizes: false,
  });
});

test('R3 puts PRoot inside', () => {
  const helpers = { proot: hostPath('/repo/bin/proot-x86_64') };
  const config = configOf(
    crun({ inside: 'plain' }).plan(withUser(sampleSpec), { ...available, helpers }, sampleHost),
  );
  expect(config.process.args).toEqual([
    '/.udocker/bin/proot',
    '-v',
    '-1',
    '-i',
    '33:44',
    '-w',
    '/work',
    'sh',
    '-c',
    '',
    'x y',
  ]);
  expect(config.process.env).toContain('PROOT_NO_SECCOMP=1');
  expect(config.mounts.at(-1)).toMatchObject({
    source: '/repo/bin/proot-x86_64',
    destination: '/.udocker/bin/proot',
  });
});

test('a root that cannot be written: system mounts fall away, volumes are refused', () => {
  const locked = { ...sampleSpec, rootWritable: false, directories: [] };
  expect(() => runc().plan(locked, available, sampleHost)).toThrow('mount point /data');
  const system = locked.mounts.map((mount) => ({ ...mount, origin: 'system' as const }));
  const plan = runc().plan({ ...locked, mounts: system }, available, sampleHost);
  expect(plan.ignored.map(({ reason }) => reason).join()).toContain('/data is not mounted');
  expect(() =>
    runc().plan({ ...locked, mounts: [], directories: [guestPath('/w')] }, available, sampleHost),
  ).toThrow('directory /w');
});

test('detection tries a container, first with a new /proc, then with the host’s', async () => {
  let trials = 0;
  const answers = [[/--version/, { stdout: 'crun version 1.8.1\n' }]] as const;
  const probe = scriptedProbe({ crun: '/usr/bin/crun' }, answers);
  const run: typeof probe.run = async (file, args, options) => {
    if (!args.includes('run')) return probe.run(file, args, options);
    trials += 1;
    return { status: trials === 1 ? 1 : 42, stdout: '', stderr: 'mount proc: Operation not permitted' };
  };
  const detection = await crun().detect(sampleHost, { ...probe, run });
  expect(detection).toMatchObject({ kind: 'available', version: '1.8.1', quirks: new Set(['bind-proc']) });
});

test('detection says why not', async () => {
  const failing = scriptedProbe({ runc: '/usr/bin/runc' }, [
    [/ run /, { status: 1, stderr: 'x\nrunc run failed: user namespaces are forbidden\n' }],
  ]);
  expect(await runc().detect(sampleHost, failing)).toMatchObject({
    kind: 'unavailable',
    reason: expect.stringContaining('user namespaces are forbidden'),
    hint: expect.stringContaining('max_user_namespaces'),
  });
  const hybrid = { ...sampleHost, cgroups: 'hybrid' as const };
  expect(await crun().detect(hybrid, scriptedProbe({ crun: '/usr/bin/crun' }, []))).toMatchObject({
    hint: 'install util-linux',
  });
  const chosen = { ...sampleHost, chosen: { runc: '/opt/crun-x86_64' } };
  expect(await runc().detect(chosen, failing)).toMatchObject({
    reason: expect.stringContaining('/opt/crun-x86_64'),
  });
});

test('with a supervisor the runtime leaves the program to it, with our init as process 1', () => {
  const host = { ...sampleHost, nativeEngine: hostPath('/bin/engine'), inherited: [5] };
  const found = { ...available, quirks: new Set(['init']) };
  const plan = runc().plan(sampleSpec, found, host);
  expect(plan.conduct).toEqual({ kind: 'leaves-program', console: false });
  expect(plan.supervisor as unknown).toEqual({
    file: '/bin/engine',
    words: ['supervise1', 'detached', 'image', '3', 'remove', '/run/me/runc/udocker-42-abc'],
  });
  expect(plan.command.args).toContain('--detach');
  expect(plan.command.args.join(' ')).toContain('--preserve-fds 1 ');
  const { args } = configOf(plan).process;
  expect(args.slice(0, 5)).toEqual(['/proc/self/fd/3', 'init1', 'close', '3', '--']);
  expect(args.slice(6)).toEqual(['sh', '-c', '', 'x y']);
  const env = { ...sampleSpec.process.env, PMI_FD: '5' };
  const passing = runc().plan({ ...sampleSpec, process: { ...sampleSpec.process, env } }, found, host);
  expect(passing.supervisor?.words.slice(1, 6)).toEqual(['detached', 'image', '6', 'fill', '6']);
  expect(passing.command.args.join(' ')).toContain('--preserve-fds 4 ');
});

test('on a terminal the supervisor makes one; where its name would be missing inside, the runtime stays', () => {
  const host = { ...sampleHost, nativeEngine: hostPath('/bin/engine') };
  const found = { ...available, quirks: new Set(['init']) };
  const onTerminal = { ...sampleSpec, process: { ...sampleSpec.process, terminal: true } };
  const plan = crun().plan(onTerminal, found, host);
  expect(plan.conduct).toEqual({ kind: 'leaves-program', console: true });
  expect(plan.supervisor?.words.slice(1, 3)).toEqual(['detached', 'console']);
  expect(configOf(plan).process.terminal).toBe(false);
  const bare = crun().plan({ ...onTerminal, mounts: [] }, found, host);
  expect(bare.conduct).toEqual({ kind: 'through-engine', resizes: false });
  expect(bare.supervisor?.words.slice(1, 3)).toEqual(['through', 'resize']);
  expect(bare.command.args).not.toContain('--detach');
  expect(configOf(bare).process.terminal).toBe(true);
});

test('programs that are an init keep process 1, and have the terminal from the runtime', () => {
  const host = { ...sampleHost, nativeEngine: hostPath('/bin/engine') };
  const found = { ...available, quirks: new Set(['init']) };
  const file = guestPath('/sbin/init');
  const own = { ...sampleSpec, process: { ...sampleSpec.process, file, args: ['/sbin/init'] as const } };
  expect(configOf(runc().plan(own, found, host)).process.args).toEqual(['/sbin/init']);
  const shown = { ...own, process: { ...own.process, terminal: true } };
  expect(runc().plan(shown, found, host).conduct.kind).toBe('through-engine');
});

test('with PRoot inside calls that it does not know are refused, and changes of owner seem to succeed to root', () => {
  const helpers = { proot: hostPath('/repo/bin/proot-x86_64') };
  const found = { ...available, helpers, quirks: new Set(['refuse', 'hide-statx']) };
  const rule = (name: string, errnoRet: number) => ({ names: [name], action: 'SCMP_ACT_ERRNO', errnoRet });
  for (const engine of [crun({ inside: 'plain' }), runc({ inside: 'accelerated' })]) {
    const { seccomp } = configOf(engine.plan(sampleSpec, found, sampleHost)).linux;
    // The numbers by which PRoot skips calls pass as some of x32.
    expect(seccomp).toMatchObject({
      defaultAction: 'SCMP_ACT_ALLOW',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    });
    expect(seccomp.syscalls).toContainEqual(rule('statx', 38));
    expect(seccomp.syscalls).toContainEqual(rule('fchownat', 0));
    const other = configOf(engine.plan(withUser(sampleSpec), found, sampleHost)).linux;
    expect(other.seccomp.syscalls).toContainEqual(rule('fchownat', 1));
  }
  expect(configOf(crun().plan(sampleSpec, found, sampleHost)).linux.seccomp).toBeUndefined();
});
