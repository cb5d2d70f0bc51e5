import { expect, test } from 'bun:test';
import { sampleHost, sampleSpec, scriptedProbe } from '../../test/support/run-spec-sample.ts';
import { hostPath } from '../paths.ts';
import type { Available, Feature } from './engine.ts';
import { proot } from './proot.ts';

const p1 = proot({ acceleration: true });
const p2 = proot({ acceleration: false });

function found(features: readonly Feature[], quirks: readonly string[] = []): Available {
  return {
    kind: 'available',
    executable: hostPath('/usr/bin/proot'),
    version: '5.1.0',
    features: new Set(features),
    helpers: {},
    quirks: new Set(quirks),
  };
}

test('a whole plan', () => {
  expect(p1.plan(sampleSpec, found([]), sampleHost) as unknown).toEqual({
    engine: 'proot',
    setup: [
      { do: 'make-directory', path: '/c/.udocker', mode: 0o700 },
      { do: 'write-file', path: '/c/.udocker/passwd-1', content: 'root\n', mode: 0o644 },
      { do: 'make-mount-point', root: '/c/ROOT', target: '/work', kind: 'directory' },
    ],
    command: {
      file: '/usr/bin/proot',
      args: [
        ...['-v', '-1', '-r', '/c/ROOT', '-w', '/work', '-0'],
        ...['-b', '/dev:/dev!', '-b', '/proc:/proc!', '-b', '/vol:/data!'],
        ...['sh', '-c', '', 'x y'],
      ],
      env: { PATH: '/bin', A: '1' },
    },
    teardown: [],
    conduct: { kind: 'around-engine', lostStatus: 255 },
    ignored: [
      { feature: 'readonly-mounts', reason: 'PRoot mounts /data writable, not read-only' },
      { feature: 'ports', reason: "this PRoot cannot map ports; the container's port 80 is the host's" },
    ],
  });
});

test('a build that can do more is used for more', () => {
  const { command, ignored } = p1.plan(sampleSpec, found(['ports', 'kill-on-exit']), sampleHost);
  expect(command.args).toContain('--kill-on-exit');
  expect(command.args.join(' ')).toContain('-p 80:8080');
  expect(ignored.map(({ feature }) => feature)).toEqual(['readonly-mounts']);
});

test('another kernel release only where programs start under it', () => {
  const spec = { ...sampleSpec, kernelRelease: '5.5.5' };
  const able = p1.plan(spec, found(['kernel-release']), sampleHost);
  expect(able.command.args.join(' ')).toContain('-k 5.5.5');
  const unable = p1.plan(spec, found([]), sampleHost);
  expect(unable.command.args).not.toContain('-k');
  expect(unable.ignored.map(({ feature }) => feature)).toContain('kernel-release');
});

test('users: emulated, changed, or simply the invoking one', () => {
  const words = (uid: number, gid: number) => {
    const process = { ...sampleSpec.process, user: { ...sampleSpec.process.user, uid, gid } };
    return p1.plan({ ...sampleSpec, process }, found([]), sampleHost).command.args.slice(6, 8);
  };
  expect(words(0, 0)).toEqual(['-0', '-b']);
  expect(words(33, 44)).toEqual(['-i', '33:44']);
  expect(words(1500, 1600)).toEqual(['-b', '/dev:/dev!']);
});

test('P2 and a temporary directory need a variable, only where they matter', () => {
  const env = (quirks: string[], host = sampleHost) =>
    p2.plan(sampleSpec, found([], quirks), host).command.env;
  expect(env([])).toEqual({ PATH: '/bin', A: '1' });
  const elsewhere = { ...sampleHost, temporaryDirectory: hostPath('/scratch') };
  expect(env(['filters'], elsewhere)).toEqual({
    PATH: '/bin',
    A: '1',
    PROOT_NO_SECCOMP: '1',
    PROOT_TMP_DIR: '/scratch',
  });
});

test('a path that PRoot would misread is refused', () => {
  const [first] = sampleSpec.mounts;
  if (first === undefined) throw new Error('no sample mount');
  const mounts = [{ ...first, source: hostPath('/a:b') }];
  expect(() => p1.plan({ ...sampleSpec, mounts }, found([]), sampleHost)).toThrow('/a:b');
});

test('detection tries a program and reads what the build can do', async () => {
  const help = '  -p *string*, --port=*string*\n  --kill-on-exit\n';
  const probe = scriptedProbe(
    { '/repo/bin/proot-x86_64-4_8_0': '/repo/bin/proot-x86_64-4_8_0', proot: '/usr/bin/proot' },
    [
      [/--help/, { stdout: help }],
      [/--version/, { stdout: '5.1.0\nseccomp_filter = yes' }],
      [/-c while/, { status: 42, stdout: 'Seccomp: 2\n' }],
      [/-k 4.8.0/, { status: 42 }],
    ],
  );
  const detection = await p1.detect(sampleHost, probe);
  expect(detection as unknown).toMatchObject({
    kind: 'available',
    executable: '/repo/bin/proot-x86_64-4_8_0',
    version: '5.1.0',
  });
  if (detection.kind !== 'available') return;
  expect([...detection.features].sort()).toEqual([
    'kernel-release',
    'kill-on-exit',
    'other-user',
    'ports',
    'root-emulation',
    'seccomp-acceleration',
  ]);
  expect([...detection.quirks]).toEqual(['filters', 'hide-statx']);
  expect(p1.plan(sampleSpec, detection, sampleHost).command.hiddenCalls).toEqual(['statx']);
});

test('a trial that fails says so and what to try', async () => {
  const probe = scriptedProbe({ proot: '/usr/bin/proot' }, [
    [/-c while/, { status: 1, stderr: 'proot error: ptrace(TRACEME): Operation not permitted\n' }],
  ]);
  expect(await p1.detect(sampleHost, probe)).toMatchObject({
    reason: expect.stringContaining('ptrace'),
    hint: expect.stringContaining('P2'),
  });
  expect(await p1.detect(sampleHost, scriptedProbe({}, []))).toMatchObject({
    kind: 'unavailable',
    hint: 'install proot, or set UDOCKER_USE_PROOT_EXECUTABLE',
  });
});

test('the program: a chosen one must be there, UDOCKER means bin/', async () => {
  const probe = scriptedProbe({ proot: '/usr/bin/proot' }, [[/-c while/, { status: 42 }]]);
  const executable = async (chosen: string) => {
    const detection = await p1.detect({ ...sampleHost, chosen: { proot: chosen } }, probe);
    return detection.kind === 'available' ? String(detection.executable) : detection.reason;
  };
  expect(await executable('/opt/missing')).toContain('/opt/missing');
  expect(await executable('')).toBe('/usr/bin/proot');
});
