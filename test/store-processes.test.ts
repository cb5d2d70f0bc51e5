/** The store among processes: killed at awkward moments, competing for the same things, and on a full disk. */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isErrno } from '../src/errors.ts';
import { under } from '../src/paths.ts';
import { layoutUnder } from '../src/store/layout.ts';
import { openStore } from '../src/store/store.ts';
import {
  blobOf,
  bytesOf,
  type Child,
  imageOf,
  makeStore,
  pullInto,
  sourceOf,
  startChild,
  type TestStore,
  temporaryDirectory,
  treeOf,
} from './support/store.ts';

let at: TestStore;
let children: Child[] = [];
beforeEach(() => {
  at = makeStore();
});
afterEach(async () => {
  for (const child of children) await child.kill();
  children = [];
  at.remove();
});

function start(...words: string[]): Child {
  const [what = '', ...rest] = words;
  const child = startChild(what, at.top, ...rest);
  children.push(child);
  return child;
}

const blobNames = (): string[] => readdirSync(at.store.layout.layers).filter((name) => !/^\.lock/.test(name));
const image = { image: 'lab/x:latest', configText: '{}' };
const size = 4_000_000;

test('a download killed half way is continued by the next', async () => {
  const child = start('put', 'seed', String(size), '10');
  await child.said('half');
  await child.kill();
  const bytes = bytesOf('seed', size);
  const blob = blobOf(bytes);
  expect(blobNames()).toEqual([`.partial-${blob.digest}`]);
  expect(await at.store.blobs.has(blob)).toBe(false);
  const source = sourceOf([bytes]);
  await at.store.blobs.put(blob, source);
  expect(source.opened[0]).toBeGreaterThanOrEqual(size / 2);
  expect(blobNames()).toEqual([blob.digest]);
});

test('four processes that want one blob fetch it once', async () => {
  const all = [1, 2, 3, 4].map(() => start('put', 'seed', String(size), '5'));
  const said = await Promise.all(
    all.map((child) => Promise.race([child.said('stored'), child.said('present')])),
  );
  expect(said.sort()).toEqual(['present 0', 'present 0', 'present 0', 'stored 1']);
  const bytes = bytesOf('seed', size);
  expect(blobNames()).toEqual([blobOf(bytes).digest]);
  expect(new Uint8Array(readFileSync(at.store.blobs.path(blobOf(bytes).digest)))).toEqual(bytes);
});

test('the one who waits goes on when the one who fetches is killed', async () => {
  const first = start('put', 'seed', String(size), '250');
  await first.said('half');
  const second = start('put', 'seed', String(size), '0');
  await second.said('waiting-for-lock');
  await first.kill();
  expect(await second.said('stored')).toBe('stored 1');
});

test('four processes that pull and remove images with a shared layer never lose one', async () => {
  const all = ['a', 'b', 'c', 'd'].map((seed) => start('churn', seed, '12'));
  await Promise.all(all.map((child) => child.said('done')));
  expect(await Promise.all(all.map((child) => child.ended))).toEqual(
    all.map(() => ({ status: 0, stderr: '' })),
  );
  at.store.blobs.removeAbandoned(Number.POSITIVE_INFINITY);
  expect(blobNames()).toEqual([]);
  expect(treeOf(at.store.layout.repos)).toEqual([]);
}, 120_000);

test('a create killed half way leaves nothing visible; the next one cleans up and gets the name', async () => {
  const child = start('create', 'web', '1000', '10');
  await child.said('building');
  expect(at.store.containers.list()).toEqual([]);
  await child.kill();
  expect(at.store.containers.list()).toEqual([]);
  expect(at.store.containers.find('web')).toBeUndefined();
  expect(readdirSync(under(at.top, '.staging'))).toHaveLength(1);
  const container = await at.store.containers.create({ ...image, name: 'web' }, async () => undefined);
  expect(at.events.map(({ kind }) => kind)).toContain('leftover-removed');
  expect(readdirSync(under(at.top, '.staging'))).toEqual([]);
  expect(at.store.containers.list()).toEqual([container]);
});

test('a create that goes on is not cleaned away by another', async () => {
  const child = start('create', 'slow', '60', '20');
  await child.said('building');
  await at.store.containers.create(image, async () => undefined);
  await at.store.containers.removeLeftovers();
  await child.said('created');
  expect(at.store.containers.require('slow').names).toEqual(['slow']);
  expect(readdirSync(at.store.containers.require('slow').root)).toHaveLength(60);
});

test('of four processes that want one name, one gets it', async () => {
  const all = [1, 2, 3, 4].map(() => start('create', 'web', '10', '10'));
  const said = await Promise.all(
    all.map((child) => Promise.race([child.said('created'), child.said('failed')])),
  );
  expect(said.filter((line) => line === 'failed CONFLICT')).toHaveLength(3);
  expect(at.store.containers.list().map(({ names }) => names)).toEqual([['web']]);
});

test('the lock of a run lasts as long as the program it became', async () => {
  const container = await at.store.containers.create({ ...image, name: 'web' }, async () => undefined);
  const child = start('run', 'web');
  await child.said('running');
  expect(at.store.containers.isRunning(container)).toBe(true);
  const refused = await at.store.containers.remove(container).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'CONFLICT' });
  await child.kill();
  await at.store.containers.remove(container);
  expect(at.store.containers.list()).toEqual([]);
});

const asRoot = process.getuid?.() === 0;
const whyNot = asRoot ? '' : ' (skipped: mounting a small tmpfs needs root)';
test.skipIf(!asRoot)(
  `a full disk: a clear error, no partial blob, and it works once there is room${whyNot}`,
  async () => {
    const directory = temporaryDirectory();
    const disk = under(directory, 'disk');
    mkdirSync(disk);
    expect(Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', disk]).exitCode).toBe(0);
    try {
      const store = openStore(layoutUnder(under(disk, 'repository')), { whenMissing: 'create' });
      const first = imageOf(bytesOf('first', 1_200_000));
      await pullInto(store, 'lab/first:1', first);
      const bytes = bytesOf('second', 700_000);
      const filler = bytesOf('filler', 400_000);
      // There is room when it begins; somebody else takes it meanwhile.
      const attempt = store.blobs.put(blobOf(bytes), sourceOf([bytes]), (done) => {
        if (done > 0 && !existsSync(under(disk, 'filler'))) writeFileSync(under(disk, 'filler'), filler);
      });
      const error = await attempt.catch((each: unknown) => each);
      expect(error).toMatchObject({ code: 'STORAGE', hint: expect.stringContaining('udocker rmi') });
      expect(String(error)).toContain('no space left');
      expect(readdirSync(store.layout.layers).filter((name) => name.startsWith('.partial'))).toEqual([]);
      const huge = blobOf(bytesOf('huge', 3_000_000));
      expect(await store.blobs.put(huge, sourceOf([])).catch((each: unknown) => each)).toMatchObject({
        code: 'STORAGE',
      });
      rmSync(under(disk, 'filler'));
      const container = await store.containers.create({ ...image, name: 'web' }, async () => undefined);
      const rest = new Uint8Array(4096);
      for (let i = 0; fillsUp(under(disk, `rest${i}`), rest); i += 1);
      // Removing is what helps now, so it must work.
      await store.containers.remove(container);
      for (let i = 0; fillsUp(under(disk, `more${i}`), rest); i += 1);
      await store.images.remove('lab/first:1');
      expect(readdirSync(store.layout.layers)).toEqual(['.lock']);
      expect(store.images.list()).toEqual([]);
      expect(await store.blobs.put(blobOf(bytes), sourceOf([bytes]))).toBe('stored');
      expect(existsSync(store.blobs.path(blobOf(bytes).digest))).toBe(true);
    } finally {
      Bun.spawnSync(['umount', disk]);
      rmSync(directory, { recursive: true });
    }
  },
);

/** False when the disk was full already. */
function fillsUp(path: string, bytes: Uint8Array): boolean {
  try {
    writeFileSync(path, bytes);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOSPC')) return false;
    throw error;
  }
}
