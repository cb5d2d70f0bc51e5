import { expect, test } from 'bun:test';
import { sampleHost, sampleSpec, scriptedProbe } from '../../test/support/run-spec-sample.ts';
import { hostPath } from '../paths.ts';
import type { Available } from './engine.ts';
import { native } from './native.ts';

const n1 = native({ rewriting: true });
const program = '/repo/bin/udocker-engine';
const host = { ...sampleHost, nativeEngine: hostPath(program) };
const found: Available = {
  kind: 'available',
  executable: hostPath(program),
  version: '1',
  features: new Set(),
  helpers: {},
  quirks: new Set(),
};

test('a whole plan', () => {
  const plan = n1.plan({ ...sampleSpec, kernelRelease: '6.1.0' }, found, host);
  expect(plan.command as unknown).toEqual({
    file: program,
    args: [
      'plan1',
      ...['root', '/c/ROOT', 'exec', '/bin/sh'],
      ...['bind', '/dev', '/dev', 'rw', 'bind', '/proc', '/proc', 'rw', 'bind', '/vol', '/data', 'ro'],
      ...['cwd', '/work', 'user', '0', '0', '', 'root-emulation', 'on'],
      ...['owners', '/c/owners', 'state', '/c/.udocker/native', 'kernel', '6.1.0'],
      ...['port', '8080', '80', 'tcp', 'mode', 'rewrite', 'on-exit', 'kill'],
      ...['--', 'sh', '-c', '', 'x y'],
    ],
    env: { PATH: '/bin', A: '1' },
  });
  expect(plan.setup.map((step) => ('target' in step ? `${step.do} ${step.target}` : step.do))).toEqual([
    'make-directory',
    'write-file',
    'make-mount-point /work',
    'make-directory',
    'make-mount-point /data',
  ]);
  expect([plan.conduct.kind, plan.teardown]).toEqual(['transparent', []]);
});

test('other users keep their ids, names and groups are told when asked for', () => {
  const user = { ...sampleSpec.process.user, uid: 33, gid: 44, groups: [5, 6] };
  const spec = {
    ...sampleSpec,
    process: { ...sampleSpec.process, user },
    hostname: { name: 'h', requested: true },
  };
  const words = native({ rewriting: false }).plan(spec, found, host).command.args.join(' ');
  expect(words).toContain('user 33 44 5,6 root-emulation off');
  expect(words).toContain('hostname h');
  expect(words).toContain('mode trap');
});

test('32-bit programs are refused by name', () => {
  expect(() => n1.plan({ ...sampleSpec, guest: { libc: 'none', bits: 32 } }, found, host)).toThrow('32-bit');
});

test.each([
  ['ok mode=rewrite version=3\n', 0, true, true],
  ['ok mode=trap version=3\n', 0, false, true],
  ['no seccomp filter\n', 1, false, false],
])('probe %p', async (stdout, status, first, second) => {
  const probe = scriptedProbe({ [program]: program }, [[/ probe$/, { status, stdout }]]);
  expect((await n1.detect(host, probe)).kind === 'available').toBe(first);
  expect((await native({ rewriting: false }).detect(host, probe)).kind === 'available').toBe(second);
});

test('a build without the engine says so', async () => {
  expect(await n1.detect(sampleHost, scriptedProbe({}, []))).toMatchObject({
    kind: 'unavailable',
    reason: 'this udocker carries no native engine for x86_64',
  });
});
