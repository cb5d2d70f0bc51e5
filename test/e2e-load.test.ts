/** `udocker load` with the built file, as an unprivileged user: archives of other programs, and those that lie. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { busyboxLayer, dockerItems, ociItems, sha256 } from './support/archives.ts';
import { noBusybox, snapshot, suite } from './support/e2e.ts';
import { type Lab, openLab } from './support/lab.ts';
import { missing } from './support/programs.ts';
import { type Item, tar } from './support/tar-writer.ts';

let lab: Lab;
beforeAll(() => {
  lab = openLab();
});
afterAll(() => lab.close());
beforeEach(() => rmSync(join(lab.home, '.udocker'), { recursive: true, force: true }));

const top = () => join(lab.home, '.udocker');

function file(content: Uint8Array): string {
  const path = join(lab.directory, 'archive');
  writeFileSync(path, content);
  chmodSync(path, 0o644);
  return path;
}

const small = [tar({ name: 'a', content: 'one' }), tar({ name: 'b', content: 'two' })];

test('prints a heading and the names, and only the names with -q; twice is no matter', async () => {
  const archive = file(
    tar(...dockerItems({ tags: ['docker.io/library/one:1', 'lab/one:2'], layers: small })),
  );
  const { status, stdout } = await lab.udocker(['load', '-i', archive]);
  expect([status, stdout]).toEqual([0, 'REPOSITORY\none:1\nlab/one:2\n']);
  const before = snapshot(top());
  expect(await lab.udocker(['-q', 'load', `--input=${archive}`])).toMatchObject({
    status: 0,
    stdout: 'one:1\nlab/one:2\n',
    stderr: '',
  });
  expect(snapshot(top())).toEqual(before);
});

for (const [name, compress] of [
  ['plain', (bytes: Buffer) => bytes],
  ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
] as const) {
  test(`${name} archives, and ${name} layers in them, from a file and through a pipe`, async () => {
    const docker = compress(tar(...dockerItems({ tags: ['lab/d:1'], layers: small, stored: compress })));
    expect((await lab.udocker(['-q', 'load', '-'], { stdin: docker })).stdout).toBe('lab/d:1\n');
    const oci = compress(tar(...ociItems(small, { 'org.opencontainers.image.ref.name': 'tagx' }, compress)));
    expect((await lab.udocker(['-q', 'load', '-i', file(oci), 'lab/o'])).stdout).toBe('lab/o:tagx\n');
    for (const image of ['lab/d:1', 'lab/o:tagx']) {
      const { status, stdout, stderr } = await lab.udocker(['-q', 'create', image]);
      expect([status, stderr]).toEqual([0, '']);
      expect(readdirSync(join(top(), 'containers', stdout.trim(), 'ROOT')).sort()).toEqual(['a', 'b']);
    }
  });
}

test('names: those of the archive, the one given, and one made of the digest', async () => {
  const twoTags = tar(...dockerItems({ tags: ['lab/x:1', 'lab/y:2'], layers: small }));
  expect((await lab.udocker(['-q', 'load', 'new/name'], { stdin: twoTags })).stdout).toBe(
    'new/name:1\nnew/name:2\n',
  );
  expect((await lab.udocker(['-q', 'load', '-', 'new/name:7'], { stdin: twoTags })).stdout).toBe(
    'new/name:7\n',
  );
  const nameless = tar(...dockerItems({ tags: null, layers: small }));
  const first = await lab.udocker(['-q', 'load'], { stdin: nameless });
  expect(first.stdout).toMatch(/^[0-9a-f]{16}:latest\n$/);
  expect((await lab.udocker(['-q', 'load'], { stdin: nameless })).stdout).toBe(first.stdout);
  const named = {
    'io.containerd.image.name': 'docker.io/library/c:3',
    'org.opencontainers.image.ref.name': '3',
  };
  expect((await lab.udocker(['-q', 'load'], { stdin: tar(...ociItems(small, named)) })).stdout).toBe('c:3\n');
});

test('another image of the same name is refused, in the words that scripts know', async () => {
  const [one, two] = small.map((layer) => tar(...dockerItems({ tags: ['lab/x:1'], layers: [layer] })));
  expect((await lab.udocker(['load'], { stdin: one ?? '' })).status).toBe(0);
  const before = snapshot(top());
  const { status, stdout, stderr } = await lab.udocker(['load'], { stdin: two ?? '' });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('repository and tag already exist');
  expect(stderr).toContain('Hint: remove it first with: udocker rmi lab/x:1');
  expect(snapshot(top())).toEqual(before);
});

const honest = dockerItems({ tags: ['lab/x:1'], layers: small });
const oci = ociItems(small, { 'org.opencontainers.image.ref.name': 'lab/x:1' });
const layerName = `${sha256(small[0] ?? '')}.tar`;
const replaced = (items: readonly Item[], name: string, change: Partial<Item>): Item[] =>
  items.map((item) => (item.name === name ? { ...item, ...change } : item));

const hostile: Record<string, { readonly bytes: Uint8Array; readonly says: RegExp }> = {
  'no archive at all': { bytes: Buffer.from('hello\n'.repeat(200)), says: /not a tar archive/ },
  'nothing at all': { bytes: Buffer.alloc(0), says: /neither manifest.json nor index.json/ },
  'a file system': {
    bytes: tar({ name: 'bin/' }, { name: 'etc/passwd', content: 'x' }),
    says: /neither manifest.json nor index.json[\s\S]*udocker import/,
  },
  'cut in a layer': { bytes: tar(...honest).subarray(0, 700), says: /ends in the middle/ },
  'cut in its compression': { bytes: gzipSync(tar(...honest)).subarray(0, 300), says: /too early/ },
  'a layer that is another': {
    bytes: tar(...replaced(honest, layerName, { content: tar({ name: 'evil', content: 'x' }) })),
    says: /does not have its diff id/,
  },
  'a configuration that is another': {
    bytes: tar(
      ...honest.map((item) =>
        /json$/.test(item.name) && item.name !== 'manifest.json'
          ? { ...item, content: `${item.content} ` }
          : item,
      ),
    ),
    says: /has the digest/,
  },
  'a missing layer': {
    bytes: tar(...honest.filter(({ name }) => name !== layerName)),
    says: /is missing/,
  },
  'a layer that is a link to itself': {
    bytes: tar(...replaced(honest, layerName, { type: '2', linkName: layerName, content: '' })),
    says: /is missing/,
  },
  'a name outside': {
    bytes: tar({ name: '../../evil', content: 'x' }, ...honest),
    says: /climbs out of the root/,
  },
  'a link to the outside': {
    bytes: tar(
      ...replaced(honest, layerName, { type: '2', linkName: '../../../../etc/passwd', content: '' }),
    ),
    says: /climbs out of the root/,
  },
  'a device': { bytes: tar({ name: 'null', type: '3' }, ...honest), says: /neither a file nor a directory/ },
  'an impossible image name': {
    bytes: tar(...dockerItems({ tags: ['a/../../../../evil:1'], layers: small })),
    says: /impossible name/,
  },
  'a manifest that is no list': {
    bytes: tar(...replaced(honest, 'manifest.json', { content: '{"a":1}' })),
    says: /malformed/,
  },
  'an OCI blob that is another': {
    bytes: tar(...replaced(oci, `blobs/sha256/${sha256(small[1] ?? '')}`, { content: 'evil' })),
    says: /the blob sha256:[0-9a-f]+ of \d+ bytes is/,
  },
  'an OCI blob that is not there': {
    bytes: tar(...oci.filter(({ name }) => name !== `blobs/sha256/${sha256(small[1] ?? '')}`)),
    says: /its blob sha256:[0-9a-f]+ is missing/,
  },
  'too many files': {
    bytes: tar(...Array.from({ length: 10_002 }, (_, at) => ({ name: `f${at}` }))),
    says: /more than 10000 files/,
  },
};

for (const [name, { bytes, says }] of Object.entries(hostile)) {
  test(`refuses ${name}, and leaves nothing`, async () => {
    await lab.udocker(['images']);
    const before = snapshot(top());
    const { status, stdout, stderr } = await lab.udocker(['load', '-'], { stdin: bytes });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(says);
    expect(stderr).toContain('Hint: ');
    expect(stderr).not.toContain('internal error');
    expect(snapshot(top())).toEqual(before);
  });
}

test('a compression it cannot read is named, with what to type', async () => {
  const xz = Buffer.from('fd377a585a0000', 'hex');
  expect((await lab.udocker(['load'], { stdin: xz })).stderr).toContain(
    'Hint: decompress it on the way: xz -dc',
  );
});

test('a pipe from which nothing comes any more can be broken off, and nothing stays', async () => {
  await lab.udocker(['images']);
  const before = snapshot(top());
  const start = file(tar(...honest).subarray(0, 2000));
  const load = `${lab.executable} load < <(cat ${start}; exec sleep 5 2>&-) & p=$!`;
  const line = `${load}; sleep 1; SECONDS=0; kill -INT $p; wait $p; echo "status $?, after $SECONDS"`;
  const { stdout, stderr } = await lab.run(['bash', '-mc', line]);
  expect(stdout).toMatch(/status 130, after [01]\n$/);
  expect(stderr).toContain('stopped by Ctrl-C');
  expect(snapshot(top())).toEqual(before);
});

suite('archives of skopeo', missing('skopeo') ?? noBusybox, () => {
  const layers = [busyboxLayer(), tar({ name: 'etc/motd', content: 'hello' })];
  const skopeo = (from: string, to: string): void => {
    execFileSync('skopeo', ['copy', '-q', '--insecure-policy', from, to], { cwd: lab.directory });
  };
  test('docker-archive with its links, and oci-archive, run', async () => {
    writeFileSync(join(lab.directory, 'in.tar'), tar(...dockerItems({ tags: ['lab/in:1'], layers })));
    skopeo('docker-archive:in.tar', 'docker-archive:da.tar:lab/da:1');
    skopeo('docker-archive:in.tar', 'oci-archive:oa.tar:lab/oa:1');
    execFileSync('chmod', ['a+r', join(lab.directory, 'da.tar'), join(lab.directory, 'oa.tar')]);
    for (const name of ['da', 'oa']) {
      const archive = join(lab.directory, `${name}.tar`);
      expect((await lab.udocker(['-q', 'load', '-i', archive])).stdout).toBe(`lab/${name}:1\n`);
      const { stdout } = await lab.udocker(['-q', 'run', '--rm', `lab/${name}:1`, 'cat', '/etc/motd']);
      expect(stdout).toBe('hello');
    }
  });
});
