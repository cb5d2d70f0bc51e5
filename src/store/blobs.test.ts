import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {
  asUnprivileged,
  blobOf,
  bytesOf,
  digestOf,
  imageOf,
  makeStore,
  pullInto,
  sourceOf,
  type TestStore,
} from '../../test/support/store.ts';
import { under } from '../paths.ts';
import { partialPath } from './blob-names.ts';

let at: TestStore;
beforeEach(() => {
  at = makeStore();
});
afterEach(() => at.remove());

const bytes = bytesOf('blob', 300_000);
const blob = blobOf(bytes);

function files(): string[] {
  return readdirSync(at.store.layout.layers).filter((name) => name !== '.lock');
}

test('a blob is stored under its digest, read-only, and nothing else is left', async () => {
  const seen: number[] = [];
  expect(await at.store.blobs.put(blob, sourceOf([bytes]), (done) => seen.push(done))).toBe('stored');
  expect(files()).toEqual([blob.digest]);
  expect(new Uint8Array(readFileSync(at.store.blobs.path(blob.digest)))).toEqual(bytes);
  expect(statSync(at.store.blobs.path(blob.digest)).mode & 0o777).toBe(0o444);
  expect(seen[0]).toBe(0);
  expect(seen.at(-1)).toBe(bytes.length);
});

test('what the umask keeps from others stays kept', async () => {
  const before = process.umask(0o077);
  try {
    await at.store.blobs.put(blob, sourceOf([bytes]));
  } finally {
    process.umask(before);
  }
  expect(statSync(at.store.blobs.path(blob.digest)).mode & 0o777).toBe(0o400);
});

test('a blob that is there is not fetched again', async () => {
  await at.store.blobs.put(blob, sourceOf([bytes]));
  const source = sourceOf([bytes]);
  expect(await at.store.blobs.put(blob, source)).toBe('present');
  expect(source.opened).toEqual([]);
});

test('the empty blob and a blob by sha512 are blobs like others', async () => {
  const empty = blobOf(new Uint8Array());
  expect(await at.store.blobs.put(empty, sourceOf([]))).toBe('stored');
  expect(await at.store.blobs.has(empty)).toBe(true);
  const digest = `sha512:${new Bun.CryptoHasher('sha512').update(bytes).digest('hex')}` as typeof blob.digest;
  const source = sourceOf([], { instead: bytes });
  expect(await at.store.blobs.put({ ...blob, digest }, source)).toBe('stored');
});

test('a stored blob is a source, from any offset', async () => {
  await at.store.blobs.put(blob, sourceOf([bytes]));
  const parts: Uint8Array[] = [];
  for await (const part of await at.store.blobs.open(blob, 250_000)) parts.push(part);
  expect(new Uint8Array(Buffer.concat(parts))).toEqual(bytes.subarray(250_000));
});

test('what an earlier attempt left is continued', async () => {
  writeFileSync(partialPath(at.store.layout.layers, blob.digest), bytes.subarray(0, 123_456));
  const source = sourceOf([bytes]);
  expect(await at.store.blobs.put(blob, source)).toBe('stored');
  expect(source.opened).toEqual([123_456]);
  expect(files()).toEqual([blob.digest]);
});

test('a complete but unpublished part is published without asking the source', async () => {
  writeFileSync(partialPath(at.store.layout.layers, blob.digest), bytes);
  const source = sourceOf([bytes]);
  await at.store.blobs.put(blob, source);
  expect(source.opened).toEqual([]);
});

for (const [what, left] of [
  ['wrong', bytesOf('other', 100_000)],
  ['too long', bytesOf('other', 400_000)],
] as const) {
  test(`a ${what} part that was left is dropped, and the blob fetched from its beginning`, async () => {
    writeFileSync(partialPath(at.store.layout.layers, blob.digest), left);
    const source = sourceOf([bytes]);
    expect(await at.store.blobs.put(blob, source)).toBe('stored');
    expect(source.opened.at(-1)).toBe(0);
    expect(files()).toEqual([blob.digest]);
  });
}

test('wrong content is refused, names both digests, and leaves nothing', async () => {
  const wrong = bytesOf('wrong', bytes.length);
  const attempt = at.store.blobs.put(blob, sourceOf([], { instead: wrong }));
  const error = await attempt.catch((each: unknown) => each);
  expect(error).toMatchObject({ code: 'INTEGRITY' });
  expect(String(error)).toContain(blob.digest);
  expect(String(error)).toContain(digestOf(wrong));
  expect(files()).toEqual([]);
});

test('content that is too long is refused as soon as it is', async () => {
  const source = sourceOf([], { instead: bytesOf('long', bytes.length + 1) });
  expect(await at.store.blobs.put(blob, source).catch((each: unknown) => each)).toMatchObject({
    code: 'INTEGRITY',
  });
  expect(files()).toEqual([]);
});

test('content that ends too early is refused, kept, and continued', async () => {
  const cut = at.store.blobs.put(blob, sourceOf([bytes], { endAt: 200_000 }));
  expect(await cut.catch((each: unknown) => each)).toMatchObject({ code: 'INTEGRITY' });
  expect(await at.store.blobs.has(blob)).toBe(false);
  const source = sourceOf([bytes]);
  await at.store.blobs.put(blob, source);
  expect(source.opened).toEqual([200_000]);
});

test('a source that cannot be opened leaves nothing', async () => {
  const failure = new Error('no route');
  const attempt = at.store.blobs.put(blob, { open: () => Promise.reject(failure) });
  expect(await attempt.catch((each: unknown) => each)).toBe(failure);
  expect(files()).toEqual([]);
});

test('two callers that want one blob fetch it once', async () => {
  const source = sourceOf([bytes], { delayMs: 20 });
  const outcomes = await Promise.all([at.store.blobs.put(blob, source), at.store.blobs.put(blob, source)]);
  expect(outcomes.sort()).toEqual(['present', 'stored']);
  expect(source.opened).toEqual([0]);
  expect(files()).toEqual([blob.digest]);
});

test('a blob of another program is hashed once, and trusted after that', async () => {
  const path = at.store.blobs.path(blob.digest);
  writeFileSync(path, bytes);
  expect(await at.store.blobs.has(blob)).toBe(true);
  expect(statSync(path).mode & 0o222).toBe(0);
});

test('a damaged blob of the right size is not had, and put repairs it', async () => {
  const path = at.store.blobs.path(blob.digest);
  writeFileSync(path, bytesOf('damaged', bytes.length));
  expect(await at.store.blobs.has(blob)).toBe(false);
  expect(await at.store.blobs.put(blob, sourceOf([bytes]))).toBe('stored');
  expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
  chmodSync(path, 0o644);
  truncateSync(path, 5);
  expect(await at.store.blobs.has(blob)).toBe(false);
});

test('where nothing can be written the error names the path and what to do', async () => {
  const { layers } = at.store.layout;
  await asUnprivileged(layers, async () => {
    chmodSync(layers, 0o555);
    const error = await at.store.blobs.put(blob, sourceOf([bytes])).catch((each: unknown) => each);
    chmodSync(layers, 0o755);
    expect(error).toMatchObject({ code: 'STORAGE', hint: expect.stringContaining('--repo') });
    expect(String(error)).toContain(`${layers}/.partial-${blob.digest}: permission denied`);
  });
});

test('more than the disk can hold is refused before anything is fetched', async () => {
  const source = sourceOf([bytes]);
  const huge = { ...blob, size: 2 ** 60 };
  const error = await at.store.blobs.put(huge, source).catch((each: unknown) => each);
  expect(error).toMatchObject({ code: 'STORAGE' });
  expect(String(error)).toContain('no space left');
  expect(source.opened).toEqual([]);
  expect(files()).toEqual([]);
});

test('abandoned blobs and downloads are removed; recent, used and foreign files stay', async () => {
  await pullInto(at.store, 'lab/x:1', imageOf(bytesOf('used', 10)));
  await at.store.blobs.put(blob, sourceOf([bytes]));
  writeFileSync(under(at.store.layout.layers, '.partial-sha256:0'), 'xyz');
  writeFileSync(under(at.store.layout.layers, 'README'), 'mine');
  const before = Date.now() - 60_000;
  expect(at.store.blobs.removeAbandoned(before)).toEqual({ count: 0, bytes: 0 });
  for (const name of files()) utimesSync(under(at.store.layout.layers, name), 0, 0);
  await at.store.blobs.hold(async () => {
    expect(at.store.blobs.removeAbandoned(before)).toEqual({ count: 0, bytes: 0 });
  });
  expect(at.store.blobs.removeAbandoned(before)).toEqual({ count: 2, bytes: bytes.length + 3 });
  expect(existsSync(at.store.blobs.path(blob.digest))).toBe(false);
  expect(at.store.images.read('lab/x:1').layers).toHaveLength(1);
  expect(files()).toContain('README');
});

test('what was fetched for an image that cannot be had is given up, but for what others use', async () => {
  const [used, unused, half] = [blobOf(bytesOf('used', 100)), blobOf(bytesOf('unused', 100)), blob];
  await pullInto(at.store, 'lab/uses:1', imageOf(bytesOf('used', 100)));
  const kept = files().sort();
  await at.store.blobs.hold(async () => {
    await at.store.blobs.put(unused, sourceOf([bytesOf('unused', 100)]));
    writeFileSync(partialPath(at.store.layout.layers, half.digest), bytes.subarray(0, 1000));
    at.store.blobs.discard([used, unused, half]);
  });
  expect(files().sort()).toEqual(kept);
});
