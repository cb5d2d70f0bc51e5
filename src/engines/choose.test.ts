import { expect, test } from 'bun:test';
import { sampleHost, sampleSpec, scriptedProbe } from '../../test/support/run-spec-sample.ts';
import { isUdockerError } from '../errors.ts';
import { chooseEngine } from './choose.ts';
import { describePlan } from './describe.ts';
import { modeNames, modes, parseMode } from './modes.ts';

const works = [[/-c while|--bundle/, { status: 42 }]] as const;
const chosen = async (programs: Record<string, string>, mode?: string) => {
  const wish = mode === undefined ? undefined : { mode: parseMode(mode), by: '--execmode' };
  const { mode: found, engine } = await chooseEngine(wish, sampleHost, scriptedProbe(programs, works));
  return `${found.name} ${engine.name}`;
};
const [proot, runc, crun] = [{ proot: '/b/proot' }, { runc: '/b/runc' }, { crun: '/b/crun' }];

test('the first that works, a wish before everything', async () => {
  expect(await chosen({ ...proot, ...runc, ...crun })).toBe('R1 crun');
  expect(await chosen({ ...proot, ...runc })).toBe('R1 runc');
  expect(await chosen(proot)).toBe('P1 proot');
  expect(await chosen({ ...proot, ...crun }, 'p2')).toBe('P2 proot');
});

test('a wish is never silently replaced', async () => {
  for (const name of ['N1', 'S1', 'R1']) {
    try {
      await chosen(proot, name);
      expect.unreachable();
    } catch (error) {
      if (!isUdockerError(error, 'UNSUPPORTED')) throw error;
      expect(error.message).toContain(`mode ${name} (chosen by --execmode)`);
      expect(error.hint).not.toBe('');
    }
  }
});

test('nothing at all: every reason is given', async () => {
  expect(chosen({})).rejects.toThrow(/N1 \(native\).*R1 \(crun\).*R1 \(runc\).*P1 \(proot\)/);
});

test('mode names', () => {
  expect(modeNames.every((name) => modes[name].name === name)).toBe(true);
  expect(() => parseMode('X9')).toThrow('X9');
});

test('a plan is described line by line, quoted for a shell', async () => {
  const { engine, found } = await chooseEngine(undefined, sampleHost, scriptedProbe(proot, works));
  const text = describePlan(engine.plan({ ...sampleSpec, cpus: [0, 2] }, found, sampleHost));
  expect(text.split('\n')).toEqual([
    'engine: proot',
    'ignored: readonly-mounts: PRoot mounts /data writable, not read-only',
    "ignored: ports: this PRoot cannot map ports; the container's port 80 is the host's",
    'setup: make directory /c/.udocker',
    'setup: write 5 characters to /c/.udocker/passwd-1',
    'setup: make directory /work inside /c/ROOT',
    'cpus: 0,2',
    'hidden system calls: statx',
    'env: PATH=/bin',
    'env: A=1',
    "command: /b/proot -v -1 -r /c/ROOT -w /work -0 -b '/dev:/dev!' -b '/proc:/proc!' -b '/vol:/data!' sh -c '' 'x y'",
    'conduct: udocker stays to pass signals on',
  ]);
});
