import { expect, test } from 'bun:test';
import { sampleHost, sampleSpec, scriptedProbe } from '../../test/support/run-spec-sample.ts';
import { hostPath } from '../paths.ts';
import type { Available, Probe } from './engine.ts';
import { findInsideProot, insideMounts, insideSteps, insideWords } from './proot-inside.ts';

/** An ELF header for x86_64 with one program header, which names a loader or is of no interest. */
function program(loader?: string): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, 62, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  if (loader === undefined) return bytes;
  const name = new TextEncoder().encode(`${loader}\0`);
  view.setUint32(64, 3, true);
  view.setBigUint64(72, 128n, true);
  view.setBigUint64(96, BigInt(name.length), true);
  bytes.set(name, 128);
  return bytes;
}

function probeWith(head: Uint8Array, listing: string): Probe {
  const probe = scriptedProbe({ proot: '/usr/bin/proot' }, [
    [/--list \/usr\/bin\/proot$/, { stdout: listing }],
    [/--help$/, { stdout: '  -p *string*, --port=*string*\n' }],
    [/-k 4\.8\.0/, { status: 42 }],
  ]);
  return { ...probe, readHead: () => head };
}

const listing = `	linux-vdso.so.1 (0x00007ffd)
	libtalloc.so.2 => /lib/x/libtalloc.so.2 (0x00007f99)
	libc.so.6 => /lib/x/libc.so.6 (0x00007f96)
	/lib64/ld-linux-x86-64.so.2 (0x00007f9a)
`;
const found: Available = {
  kind: 'available',
  executable: hostPath('/usr/bin/crun'),
  version: '1',
  features: new Set(),
  helpers: {},
  quirks: new Set(),
};

test('a static PRoot comes alone, and what it can do is asked', async () => {
  const inside = await findInsideProot(sampleHost, probeWith(program(), ''));
  expect(inside as unknown).toEqual({
    helpers: { proot: '/usr/bin/proot' },
    features: ['root-emulation', 'other-user', 'ports', 'kernel-release'],
    quirks: ['hide-statx'],
  });
  if ('kind' in inside) throw new Error('unavailable');
  const { helpers } = inside;
  const features = new Set(inside.features);
  const words = insideWords(
    sampleSpec.process,
    { ...sampleSpec, kernelRelease: '6.1' },
    { helpers, features },
  );
  expect(words.join(' ')).toBe('/.udocker/bin/proot -v -1 -0 -w /work -k 6.1 -p 80:8080');
});

test('a dynamic PRoot brings its loader and libraries, and starts through them', async () => {
  const inside = await findInsideProot(sampleHost, probeWith(program('/lib64/ld.so'), listing));
  if ('kind' in inside) throw new Error('unavailable');
  const mounts = insideMounts({
    ...found,
    helpers: { ...inside.helpers, unshare: hostPath('/bin/unshare') },
  });
  expect(mounts.map(({ source, target, readonly }) => `${source} ${target} ${readonly}`)).toEqual([
    '/usr/bin/proot /.udocker/bin/proot true',
    '/lib64/ld.so /.udocker/lib/loader true',
    '/lib/x/libtalloc.so.2 /.udocker/lib/libtalloc.so.2 true',
    '/lib/x/libc.so.6 /.udocker/lib/libc.so.6 true',
  ]);
  const words = insideWords(sampleSpec.process, sampleSpec, { ...found, helpers: inside.helpers });
  expect(words.slice(0, 5)).toEqual([
    '/.udocker/lib/loader',
    '--library-path',
    '/.udocker/lib',
    '/.udocker/bin/proot',
    '-v',
  ]);
});

test('a PRoot that cannot come along is refused with the reason', async () => {
  const lost = '	libtalloc.so.2 => not found\n';
  const probes = [probeWith(program('/lib64/ld.so'), lost), probeWith(new Uint8Array(10), '')];
  for (const probe of probes) {
    expect(await findInsideProot(sampleHost, probe)).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringContaining('/usr/bin/proot'),
      hint: expect.stringContaining('UDOCKER_USE_PROOT_EXECUTABLE'),
    });
  }
});

test('a container of somebody else has no place for it', () => {
  expect(() => insideSteps({ ...sampleSpec, rootWritable: false })).toThrow(/cannot be written/);
});
