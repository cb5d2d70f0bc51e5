/** Compressed layers: formats, members, frames, padding, damage, sums; both ways of decompressing. */

import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Sandbox } from '../../../test/support/extraction.ts';
import { tar } from '../../../test/support/tar-writer.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { parseDiffId, parseDigest } from '../../oci/digest.ts';
import { type MediaType, mediaTypes } from '../../oci/media-type.ts';
import { applyLayers } from '../apply-layers.ts';
import { verifyLayers } from '../verify-layers.ts';
import { handlesWork } from './inflate-handle.ts';

const noise = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at * 31 + (at >> 3)) & 255));
const plain = tar({ name: 'f', content: 'text' }, { name: 'noise', content: noise });
const half = plain.length >> 1;
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
const empty = gzipSync(Buffer.alloc(0));

const good: Record<string, Buffer> = {
  'no compression': plain,
  gzip: gzipSync(plain),
  'gzip in two members': Buffer.concat([gzipSync(plain.subarray(0, half)), gzipSync(plain.subarray(half))]),
  'gzip with empty members': Buffer.concat([empty, gzipSync(plain), empty]),
  'gzip padded with zeros': Buffer.concat([gzipSync(plain), Buffer.alloc(300_000)]),
  zstd: zstdCompressSync(plain),
  'zstd in frames': Buffer.concat([
    skippable,
    zstdCompressSync(plain.subarray(0, half)),
    skippable,
    zstdCompressSync(plain.subarray(half)),
    skippable,
  ]),
};

const bad: Record<string, readonly [Buffer, RegExp]> = {
  'gzip cut short': [gzipSync(plain).subarray(0, -9), /ends too early/],
  'gzip cut in its trailer': [gzipSync(plain).subarray(0, -2), /ends too early/],
  'gzip with garbage after it': [Buffer.concat([gzipSync(plain), Buffer.from('garbage!')]), /damaged/],
  'gzip with garbage after padding': [
    Buffer.concat([gzipSync(plain), Buffer.alloc(9), Buffer.from('x')]),
    /after the end|damaged/,
  ],
  'gzip with a flipped bit': [flipped(gzipSync(plain)), /damaged|checksum|middle/],
  'zstd cut short': [zstdCompressSync(plain).subarray(0, -9), /ends too early/],
  'zstd cut in its last byte': [zstdCompressSync(plain).subarray(0, -1), /ends too early/],
  'zstd with garbage after it': [
    Buffer.concat([zstdCompressSync(plain), Buffer.from('garbage!')]),
    /after the end/,
  ],
  xz: [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0]), /compressed with xz/],
  bzip2: [Buffer.from('BZh91AY&SY'), /compressed with bzip2/],
};

test('the fast way is in use on this runtime', () => expect(handlesWork()).toBe(true));

for (const method of ['fastest', 'streams'] as const) {
  describe(method, () => {
    for (const [what, blob] of Object.entries(good)) {
      test(`reads ${what}`, async () => {
        using box = new Sandbox();
        const layer = { ...box.blob(blob), descriptor: descriptorOf(blob), diffId: diffIdOf(plain) };
        await applyLayers({ layers: [layer], root: box.root, ownersFile: box.ownersFile, method });
        expect(box.tree()).toMatchObject({ f: 'file 0644 text' });
        await verifyLayers({ layers: [layer], method });
      });
    }

    for (const [what, [blob, message]] of Object.entries(bad)) {
      if (method === 'streams' && !/cut short|bit|xz|bzip2/.test(what)) continue; // the stream is more lenient
      if (method === 'streams' && what === 'zstd cut short') continue;
      test(`refuses ${what}`, async () => {
        using box = new Sandbox();
        const made = box.apply([blob], { method });
        const expected = method === 'streams' ? expect.anything() : expect.stringMatching(message);
        await expect(made).rejects.toMatchObject({ code: 'INVALID', message: expected });
      });
    }

    test('wrong sums are INTEGRITY, whatever else is wrong, and name the layer', async () => {
      using box = new Sandbox();
      const blob = good.gzip ?? plain;
      const descriptor = descriptorOf(blob);
      const damaged = { ...box.blob(flipped(blob)), descriptor };
      const longer = { ...box.blob(Buffer.concat([blob, Buffer.alloc(1)])), descriptor };
      const shorter = { ...box.blob(blob.subarray(0, -1)), descriptor };
      const other = { ...box.blob(blob), descriptor, diffId: diffIdOf(blob) };
      for (const [layer, message] of [
        [damaged, 'does not have its digest'],
        [longer, 'wrong size'],
        [shorter, 'wrong size'],
        [other, 'does not have its diff id'],
      ] as const) {
        const error = {
          code: 'INTEGRITY',
          message: expect.stringContaining(message),
          details: { layer: descriptor.digest },
        };
        const made = applyLayers({ layers: [layer], root: box.root, ownersFile: box.ownersFile, method });
        await expect(made).rejects.toMatchObject(error);
        await expect(verifyLayers({ layers: [layer], method })).rejects.toMatchObject(error);
      }
    });
  });
}

test('an encrypted layer is named as such', async () => {
  using box = new Sandbox();
  const layer = { ...box.blob(noise), mediaType: `${mediaTypes.ociLayer}+encrypted` as MediaType };
  const made = applyLayers({ layers: [layer], root: box.root, ownersFile: box.ownersFile });
  await expect(made).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('encrypted'),
  });
});

test('a blob that is not there is a STORAGE error', async () => {
  using box = new Sandbox();
  const layer = { ...box.blob(noise), path: box.ownersFile };
  const made = applyLayers({ layers: [layer], root: box.root, ownersFile: box.ownersFile });
  await expect(made).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringContaining('no such file'),
  });
});

function flipped(blob: Buffer): Buffer {
  const copy = Buffer.from(blob);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0x10;
  return copy;
}

function descriptorOf(blob: Buffer): Descriptor {
  const digest = parseDigest(`sha256:${createHash('sha256').update(blob).digest('hex')}`);
  return { mediaType: mediaTypes.ociLayerGzip, digest, size: blob.length };
}

function diffIdOf(bytes: Buffer): ReturnType<typeof parseDiffId> {
  return parseDiffId(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}
