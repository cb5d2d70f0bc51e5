/** Archives taken apart: names, links, content, in both ways to decompress, and nothing left after a failure. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tar } from '../../test/support/tar-writer.ts';
import { hostPath } from '../paths.ts';
import { takeLayer } from './take-layer.ts';
import { unpackArchive } from './unpack-archive.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'udocker-unpack-'));
  mkdirSync(join(directory, 'out'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const prefix = () => hostPath(join(directory, 'out/member-'));
const sum = (algorithm: string, bytes: string | Uint8Array) =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

function archive(bytes: Uint8Array) {
  const path = join(directory, 'in');
  writeFileSync(path, bytes);
  return hostPath(path);
}

const items = tar(
  { name: './' },
  { name: './a/' },
  { name: './a/one', content: 'first content' },
  { name: 'a/two', type: '2', linkName: '../b' },
  { name: 'b', type: '1', linkName: './a//one' },
  { name: `blobs/sha512/${'0'.repeat(60)}`, content: 'x' },
);

for (const method of ['fastest', 'streams'] as const) {
  test(`${method}: files get numbers, names are plain, links lead to names`, async () => {
    const members = await unpackArchive({ path: archive(gzipSync(items)), prefix: prefix(), method });
    expect(members).toMatchObject([
      { kind: 'file', name: 'a/one', size: 13, digest: sum('sha256', 'first content'), start: 'first co' },
      { kind: 'link', name: 'a/two', target: 'b' },
      { kind: 'link', name: 'b', target: 'a/one' },
      { kind: 'file', size: 1, digest: sum('sha512', 'x'), start: 'x' },
    ]);
    const [first] = members;
    expect(first?.kind === 'file' ? readFileSync(first.path, 'utf8') : '').toBe('first content');
    expect(readdirSync(join(directory, 'out')).sort()).toEqual(['member-0', 'member-3']);
    for (const name of readdirSync(join(directory, 'out'))) rmSync(join(directory, 'out', name));
  }, 20_000);

  test(`${method}: what is damaged is INVALID, with archive and entry, and leaves no file`, async () => {
    const damaged = tar({ name: 'good', content: 'x' }, { name: 'bad', badChecksum: true });
    const unpacked = unpackArchive({ path: archive(damaged), prefix: prefix(), method });
    await expect(unpacked).rejects.toMatchObject({
      code: 'INVALID',
      details: { archive: 'in', entry: 'good' },
    });
    expect(readdirSync(join(directory, 'out'))).toEqual([]);
  }, 20_000);
}

test('a layer is copied, hashed as it is and as the tar in it', async () => {
  const bytes = gzipSync(items);
  const target = hostPath(join(directory, 'out/layer'));
  const { signal } = new AbortController();
  expect(
    await takeLayer({ source: archive(bytes), target, isThere: false, name: 'in', signal }),
  ).toMatchObject({
    digest: sum('sha256', bytes),
    size: bytes.length,
    diffId: sum('sha256', items),
    entries: 6,
    isImageArchive: false,
  });
  expect(readFileSync(target).equals(bytes)).toBe(true);
}, 20_000);

test('an aborted signal ends it, and nothing is left', async () => {
  const stop = new AbortController();
  stop.abort('SIGINT');
  const unpacked = unpackArchive({
    path: archive(items),
    prefix: hostPath(join(directory, 'out/x-')),
    signal: stop.signal,
  });
  await expect(unpacked).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(readdirSync(join(directory, 'out')).filter((name) => name.startsWith('x-'))).toEqual([]);
});
