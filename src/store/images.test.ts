import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {
  bytesOf,
  digestOf,
  imageOf,
  makeStore,
  pullInto,
  type TestStore,
  treeOf,
} from '../../test/support/store.ts';
import type { Digest } from '../oci/digest.ts';
import { parseReference } from '../oci/reference.ts';
import { hostPath, under } from '../paths.ts';
import { layoutUnder } from './layout.ts';
import { openStore } from './store.ts';

let at: TestStore;
beforeEach(() => {
  at = makeStore();
});
afterEach(() => at.remove());

const one = imageOf(bytesOf('bottom', 1000), bytesOf('top', 2000));
const two = imageOf(bytesOf('bottom', 1000), bytesOf('newer', 3000));
const tagDirectory = (...parts: string[]): string => under(at.store.layout.repos, ...parts);

function blobs(): string[] {
  return readdirSync(at.store.layout.layers)
    .filter((name) => !name.startsWith('.'))
    .sort();
}

function digestsOf(...images: (typeof one)[]): string[] {
  const all = images.flatMap(({ manifest }) =>
    [manifest.config, ...manifest.layers].map(({ digest }) => digest),
  );
  return [...new Set<string>(all)].sort();
}

async function failure(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it succeeded');
}

test('a tag is exactly what udocker writes', async () => {
  await pullInto(at.store, 'lab/bb:1.0', one);
  expect(treeOf(tagDirectory())).toEqual(
    [
      'lab',
      'lab/bb',
      'lab/bb/1.0',
      'lab/bb/1.0/TAG',
      'lab/bb/1.0/manifest',
      'lab/bb/1.0/v2',
      ...digestsOf(one).map((digest) => `lab/bb/1.0/${digest}`),
    ].sort(),
  );
  const text = (name: string): string => readFileSync(tagDirectory('lab/bb/1.0', name), 'utf8');
  expect(text('TAG')).toBe(`${at.store.layout.repos}/lab/bb:1.0`);
  expect(text('v2')).toBe('');
  expect(text('manifest')).toBe(new TextDecoder().decode(one.manifestBytes));
  const { digest } = one.manifest.config;
  expect(readlinkSync(tagDirectory('lab/bb/1.0', digest))).toBe(`../../../../layers/${digest}`);
  expect(readFileSync(tagDirectory('lab/bb/1.0', digest), 'utf8')).toBe(one.configText);
});

test('an image is read back: layers bottom first, with digests and diff ids', async () => {
  await pullInto(at.store, 'lab/bb:1.0', one);
  const image = at.store.images.read('lab/bb:1.0');
  expect(image.configText).toBe(one.configText);
  expect(image.layers).toEqual(
    one.manifest.layers.map(({ digest, mediaType, size }) => ({
      path: under(at.store.layout.layers, digest),
      digest,
      mediaType,
      size,
      diffId: digest as string as never,
    })),
  );
});

test('an image with the same layer twice', async () => {
  const twice = imageOf(bytesOf('same', 10), bytesOf('other', 10), bytesOf('same', 10));
  await pullInto(at.store, 'lab/twice:1', twice);
  expect(at.store.images.read('lab/twice:1').layers).toHaveLength(3);
});

test('a moved tag loses the links of the old image, and what only that used is freed', async () => {
  await pullInto(at.store, 'lab/bb:1.0', one);
  at.store.images.protect('lab/bb:1.0');
  await pullInto(at.store, 'lab/bb:1.0', two);
  expect(blobs()).toEqual(digestsOf(two));
  expect(readdirSync(tagDirectory('lab/bb/1.0')).sort()).toEqual(
    ['PROTECT', 'TAG', 'manifest', 'v2', ...digestsOf(two)].sort(),
  );
  expect(at.events).toContainEqual({ kind: 'blobs-freed', count: 2, bytes: 2000 + one.configText.length });
});

test('removing frees only what nobody else uses, and empty directories', async () => {
  await pullInto(at.store, 'lab/deep/er:1', one);
  await pullInto(at.store, 'lab/bb:2', two);
  await at.store.images.remove('lab/deep/er:1');
  expect(blobs()).toEqual(digestsOf(two));
  expect(treeOf(tagDirectory()).filter((path) => path.includes('deep'))).toEqual([]);
  await at.store.images.remove('lab/bb:2');
  expect(blobs()).toEqual([]);
  expect(treeOf(tagDirectory())).toEqual([]);
});

test('nothing is freed while somebody holds the blobs; it is freed when they let go', async () => {
  await pullInto(at.store, 'lab/a:1', one);
  await at.store.blobs.hold(async () => {
    await at.store.images.remove('lab/a:1');
    expect(blobs()).toEqual(digestsOf(one));
    // A pull that had found these blobs can still use them.
    await at.store.images.write({ reference: parseReference('lab/b:1'), ...one });
  });
  expect(at.store.images.read('lab/b:1').layers).toHaveLength(2);
  await at.store.blobs.hold(async () => {
    await at.store.images.remove('lab/b:1');
  });
  expect(blobs()).toEqual([]);
});

test('a tag needs all its blobs, and a refused one leaves no directory', async () => {
  const error = await failure(() =>
    at.store.images.write({ reference: parseReference('lab/none:1'), ...one }),
  );
  expect(error).toMatchObject({
    code: 'INTEGRITY',
    message: expect.stringContaining(one.manifest.config.digest),
  });
  expect(treeOf(tagDirectory())).toEqual([]);
});

test('protected images stay', async () => {
  await pullInto(at.store, 'lab/a:1', one);
  at.store.images.protect('lab/a:1');
  expect(at.store.images.list().map((image) => image.protected)).toEqual([true]);
  expect(await failure(() => at.store.images.remove('lab/a:1'))).toMatchObject({ code: 'CONFLICT' });
  at.store.images.unprotect('lab/a:1');
  await at.store.images.remove('lab/a:1');
  expect(at.store.images.list()).toEqual([]);
});

test('another tag shares the blobs', async () => {
  await pullInto(at.store, 'lab/a:1', one);
  at.store.images.protect('lab/a:1');
  const tagged = await at.store.images.tag('lab/a:1', parseReference('x/y/z:2'));
  expect(tagged).toMatchObject({ text: 'x/y/z:2', protected: false });
  expect(await failure(() => at.store.images.tag('lab/a:1', parseReference('x/y/z:2')))).toMatchObject({
    code: 'CONFLICT',
  });
  expect(await failure(() => at.store.images.tag('lab/no:1', parseReference('b:1')))).toMatchObject({
    code: 'NOT_FOUND',
  });
  at.store.images.unprotect('lab/a:1');
  await at.store.images.remove('lab/a:1');
  expect(at.store.images.read('x/y/z:2').layers).toHaveLength(2);
});

test('a name below a tag: both can be there, and go one by one', async () => {
  await pullInto(at.store, 'lab/a:b', one);
  await pullInto(at.store, 'lab/a/b:c', two);
  expect(at.store.images.list().map(({ text }) => text)).toEqual(['lab/a:b', 'lab/a/b:c']);
  await at.store.images.remove('lab/a:b');
  expect(at.store.images.read('lab/a/b:c').layers).toHaveLength(2);
  expect(blobs()).toEqual(digestsOf(two));
  await pullInto(at.store, 'lab/a:b', one);
  await at.store.images.remove('lab/a/b:c');
  expect(at.store.images.list().map(({ text }) => text)).toEqual(['lab/a:b']);
});

test('spellings that udocker 1 stored are found', async () => {
  await pullInto(at.store, 'lab/a:1', one);
  const move = (to: string): void => {
    mkdirSync(tagDirectory(to, '..'), { recursive: true });
    renameSync(tagDirectory('lab/a/1'), tagDirectory(to));
  };
  const cases = [
    ['docker.io/library/alpine/3', ['alpine:3', 'library/alpine:3', 'docker.io/library/alpine:3']],
    ['library/alpine/3', ['alpine:3', 'docker.io/alpine:3']],
    ['127.0.0.1/5000/lab/bb:1', ['127.0.0.1:5000/lab/bb:1']],
    ['IMPORTED/unknown', ['IMPORTED:unknown']],
    ['0123456789abcdef/latest', ['0123456789abcdef', '0123456789abcdef:latest']],
  ] as const;
  for (const [directory, names] of cases) {
    move(directory);
    for (const name of names)
      expect([name, at.store.images.find(name)?.directory]).toEqual([
        name,
        hostPath(tagDirectory(directory)),
      ]);
    const [listed] = at.store.images.list();
    expect(at.store.images.find(listed?.text ?? '')?.directory).toBe(hostPath(tagDirectory(directory)));
    mkdirSync(tagDirectory('lab/a'), { recursive: true });
    renameSync(tagDirectory(directory), tagDirectory('lab/a/1'));
    rmSync(tagDirectory(directory.split('/')[0] ?? ''), { recursive: true });
  }
});

test('an image by digest', async () => {
  const digest = digestOf(one.manifestBytes);
  await pullInto(at.store, `lab/a@${digest}`, one);
  expect(at.store.images.list().map(({ text }) => text)).toEqual([`lab/a@${digest}`]);
  expect(at.store.images.find(`lab/a@${digest}`)).toBeDefined();
  expect(at.store.images.find('lab/a')).toBeUndefined();
});

test('images of udocker 1: loaded, imported, and of schema 1', () => {
  const ids = ['b'.repeat(64), 'a'.repeat(64)];
  const place = (tag: string, files: Readonly<Record<string, string>>): void => {
    mkdirSync(tagDirectory('old', tag), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(tagDirectory('old', tag, name), text);
  };
  for (const id of ids) {
    writeFileSync(under(at.store.layout.layers, `${id}.layer`), id);
    writeFileSync(under(at.store.layout.layers, `${id}.json`), `{"id":"${id[0]}"}`);
  }
  place('loaded', { TAG: '', v1: '', ancestry: JSON.stringify(ids), 'container.json': '{"from":"load"}' });
  place('imported', { TAG: 'stale:text', v1: '', ancestry: JSON.stringify(ids.slice(1)) });
  const blobSum = digestOf(new TextEncoder().encode('x'));
  writeFileSync(under(at.store.layout.layers, blobSum), 'x');
  const manifest = {
    schemaVersion: 1,
    fsLayers: [{ blobSum }, { blobSum }],
    history: [{ v1Compatibility: '{"from":"schema1"}' }],
  };
  place('schema1', { TAG: '', v2: '', manifest: JSON.stringify(manifest) });
  const read = (tag: string) => at.store.images.read(`old:${tag}`);
  expect(read('loaded').layers.map(({ path }) => path)).toEqual(
    [...ids].reverse().map((id) => under(at.store.layout.layers, `${id}.layer`)),
  );
  expect(read('loaded').configText).toBe('{"from":"load"}');
  expect(read('imported').configText).toBe('{"id":"a"}');
  expect(read('schema1')).toMatchObject({
    configText: '{"from":"schema1"}',
    layers: [{ size: 1 }, { size: 1 }],
  });
});

test('an image of udocker 1 is replaced by a pull', async () => {
  mkdirSync(tagDirectory('old/x'), { recursive: true });
  const name = `${'c'.repeat(64)}.layer`;
  writeFileSync(under(at.store.layout.layers, name), 'x');
  symlinkSync(`../../../layers/${name}`, tagDirectory('old/x', name));
  for (const file of ['TAG', 'v1', 'container.json']) writeFileSync(tagDirectory('old/x', file), '{}');
  writeFileSync(tagDirectory('old/x/ancestry'), JSON.stringify(['c'.repeat(64)]));
  await pullInto(at.store, 'old:x', one);
  expect(at.store.images.read('old:x').layers).toHaveLength(2);
  expect(existsSync(tagDirectory('old/x/v1'))).toBe(false);
  expect(blobs()).toEqual(digestsOf(one));
});

test('foreign files, broken tags and missing blobs: listing goes on, reading says what is wrong', async () => {
  await pullInto(at.store, 'lab/a:1', one);
  writeFileSync(tagDirectory('junk'), '');
  mkdirSync(tagDirectory('empty/dir'), { recursive: true });
  symlinkSync('..', tagDirectory('loop'));
  mkdirSync(tagDirectory('lab/broken/1'), { recursive: true });
  writeFileSync(tagDirectory('lab/broken/1/TAG'), '');
  writeFileSync(tagDirectory('lab/broken/1/manifest'), '{"layers": 7');
  expect(at.store.images.list().map(({ text }) => text)).toEqual(['lab/a:1', 'lab/broken:1']);
  expect(await failure(() => at.store.images.read('lab/broken:1'))).toMatchObject({ code: 'INVALID' });
  rmSync(under(at.store.layout.layers, one.manifest.layers[0]?.digest ?? ''));
  expect(await failure(() => at.store.images.read('lab/a:1'))).toMatchObject({
    code: 'INTEGRITY',
    hint: expect.stringContaining('udocker pull lab/a:1'),
  });
});

test('names cannot lead out of the repository', async () => {
  const outside = under(at.directory, 'evil', '1');
  mkdirSync(outside, { recursive: true });
  writeFileSync(under(outside, 'TAG'), '');
  for (const name of [
    '../../evil:1',
    'a/../../../evil:1',
    '/../../evil:1',
    '.',
    '..',
    '',
    'a//b:1',
    'x\0y',
    './evil:1',
  ])
    expect([name, at.store.images.find(name)]).toEqual([name, undefined]);
  symlinkSync('../../evil', tagDirectory('planted'));
  expect(at.store.images.find('planted:1')).toBeUndefined();
  expect(await failure(() => at.store.images.remove('planted:1'))).toMatchObject({ code: 'NOT_FOUND' });
  await pullInto(at.store, 'lab/a:1', one);
  for (const image of ['planted:2', 'planted/deep:2']) {
    expect(await failure(() => at.store.images.tag('lab/a:1', parseReference(image)))).toMatchObject({
      code: 'STORAGE',
    });
  }
  expect(readdirSync(under(at.directory, 'evil'))).toEqual(['1']);
});

test('hostile links and manifests make nothing outside layers/ go, and nothing outside be read', async () => {
  const victim = under(at.directory, 'victim');
  mkdirSync(victim);
  writeFileSync(under(victim, 'precious'), 'precious');
  const digest = digestOf(new TextEncoder().encode('precious'));
  writeFileSync(under(victim, digest), 'precious');
  await pullInto(at.store, 'lab/a:1', one);
  const plant = (name: string, target: string): void => symlinkSync(target, tagDirectory('lab/a/1', name));
  plant('x', under(victim, 'precious'));
  plant('y', '../../../../../victim/precious');
  plant('z', victim);
  plant(digest, under(victim, digest));
  plant('up', '../../../../layers/..');
  await at.store.images.remove('lab/a:1');
  expect(readFileSync(under(victim, 'precious'), 'utf8')).toBe('precious');
  expect(readdirSync(victim).sort()).toEqual(['precious', digest].sort());

  for (const bad of ['../../victim/precious', `sha256:${'A'.repeat(64)}`, 7, null]) {
    mkdirSync(tagDirectory('lab/bad/1'), { recursive: true });
    for (const name of ['TAG', 'v2']) writeFileSync(tagDirectory('lab/bad/1', name), '');
    const manifest = { schemaVersion: 2, config: { digest: bad }, layers: [{ digest: bad }] };
    writeFileSync(tagDirectory('lab/bad/1/manifest'), JSON.stringify(manifest));
    expect(await failure(() => at.store.images.read('lab/bad:1'))).toMatchObject({ code: 'INVALID' });
  }
  writeFileSync(tagDirectory('lab/bad/1/v1'), '');
  writeFileSync(tagDirectory('lab/bad/1/ancestry'), '["../../../victim/precious"]');
  expect(await failure(() => at.store.images.read('lab/bad:1'))).toMatchObject({ code: 'INVALID' });
});

test('what a killed command left under repos/ is swept, its unused blobs freed later', async () => {
  await pullInto(at.store, 'lab/a:1', one);
  mkdirSync(tagDirectory('.udocker-new-1'));
  writeFileSync(tagDirectory('.udocker-new-1', 'TAG'), '');
  writeFileSync(under(at.store.layout.layers, '.unused'), `${one.manifest.config.digest}\n../../victim\n`);
  expect(at.store.images.list()).toHaveLength(1);
  await pullInto(at.store, 'lab/b:1', two);
  expect(existsSync(tagDirectory('.udocker-new-1'))).toBe(false);
  expect(at.store.images.read('lab/a:1').layers).toHaveLength(2);
});

test('each part of the repository may lie elsewhere, also behind symlinks', async () => {
  const elsewhere = under(at.directory, 'disk', 'deeper');
  mkdirSync(under(elsewhere, 'images'), { recursive: true });
  mkdirSync(under(elsewhere, 'pool'));
  const top = under(at.directory, 'second');
  mkdirSync(top);
  symlinkSync(under(elsewhere, 'images'), under(top, 'repos'));
  const layout = { ...layoutUnder(top), layers: under(elsewhere, 'pool') };
  const store = openStore(layout, { whenMissing: 'create' });
  await pullInto(store, 'lab/a:1', one);
  const link = under(elsewhere, 'images/lab/a/1', one.manifest.config.digest as Digest);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(link, 'utf8')).toBe(one.configText);
  await store.images.remove('lab/a:1');
  expect(readdirSync(under(elsewhere, 'pool')).filter((name) => !name.startsWith('.'))).toEqual([]);
});
