import { afterEach, beforeEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type HostPath, hostPath, under } from '../paths.ts';
import { digestFile } from './file-digest.ts';

const mib = 1 << 20;
let directory: HostPath;
let path: HostPath;

beforeEach(() => {
  directory = hostPath(mkdtempSync(`${tmpdir()}/udocker-digest-`));
  path = under(directory, 'file');
  writeFileSync(path, '');
});
afterEach(() => rmSync(directory, { recursive: true }));

function piece(index: number): Uint8Array {
  return new Uint8Array(mib - 7).fill(index + 1);
}

/** Grows the file piece by piece; the digest that it reports and the one of the same bytes at once. */
async function grow(pieces: number, algorithm: string): Promise<readonly [string, string]> {
  const digest = digestFile(path, algorithm);
  const whole = createHash(algorithm);
  let size = 0;
  try {
    for (let index = 0; index < pieces; index++) {
      appendFileSync(path, piece(index));
      whole.update(piece(index));
      size += piece(index).length;
      digest.grown(size);
      await Bun.sleep(0);
    }
    return [await digest.finish(size), whole.digest('hex')];
  } finally {
    digest.close();
  }
}

for (const [what, pieces] of [
  ['an empty file', 0],
  ['a small file', 2],
  ['a large file, in a thread', 9],
] as const) {
  test(`${what} has the digest of its bytes`, async () => {
    for (const algorithm of ['sha256', 'sha512']) {
      rmSync(path, { force: true });
      writeFileSync(path, '');
      const [actual, expected] = await grow(pieces, algorithm);
      expect(actual).toBe(expected);
    }
  });
}

test('what is on disk counts, not what was meant to be', async () => {
  const digest = digestFile(path, 'sha256');
  const bytes = new Uint8Array(6 * mib);
  writeFileSync(path, bytes);
  bytes[5 * mib] = 1;
  const meant = createHash('sha256').update(bytes).digest('hex');
  expect(await digest.finish(bytes.length)).not.toBe(meant);
  digest.close();
});

test('several files at once do not disturb each other, also when one is given up', async () => {
  const sizes = [5, 6, 7].map((count) => count * mib);
  const files = sizes.map((size, index) => {
    const file = under(directory, `file${index}`);
    const bytes = new Uint8Array(size).fill(index);
    writeFileSync(file, bytes);
    const digest = digestFile(file, 'sha256');
    digest.grown(size);
    return { size, digest, expected: createHash('sha256').update(bytes).digest('hex') };
  });
  files.pop()?.digest.close();
  for (const { size, digest, expected } of files) {
    expect(await digest.finish(size)).toBe(expected);
    digest.close();
  }
});

for (const size of [mib, 6 * mib]) {
  test(`a file that is shorter than said, or gone, is an error (${size} bytes)`, async () => {
    writeFileSync(path, new Uint8Array(mib / 2));
    const digest = digestFile(path, 'sha256');
    await expect(digest.finish(size)).rejects.toMatchObject({ code: 'EIO' });
    digest.close();
    rmSync(path);
    const absent = digestFile(path, 'sha256');
    await expect(absent.finish(size)).rejects.toMatchObject({ code: 'ENOENT' });
    absent.close();
    writeFileSync(path, '');
  });
}
