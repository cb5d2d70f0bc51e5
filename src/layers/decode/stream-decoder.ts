/**
 * The documented way to read a layer: node:zlib streams with large chunks. Slower than `LayerReader`, used where the
 * runtime's handles do not behave as expected.
 */
import type { Buffer } from 'node:buffer';
import type { Readable, Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { isUdockerError, UdockerError } from '../../errors.ts';
import { FileReader } from '../../system/read-file.ts';
import type { Layer } from '../layer.ts';
import { invalid } from '../tar/fault.ts';
import { BlobCheck } from './blob-check.ts';
import { refuseEncrypted } from './encrypted.ts';
import { formatOf } from './format.ts';

const chunkBytes = 1 << 20;

/** Yields the tar of `layer` in pieces. Ends with INTEGRITY or INVALID exactly as `LayerReader` does. */
export async function* streamLayer(
  layer: Layer,
  onProgress: (blobBytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  refuseEncrypted(layer);
  const check = new BlobCheck(layer);
  const file = new FileReader(layer.path, chunkBytes);
  const pieces = checked(file, check, onProgress);
  try {
    for await (const piece of decompressed(pieces)) {
      check.passTar(piece);
      yield piece;
    }
    finishBlob(pieces, check);
    check.finishTar();
  } catch (error) {
    if (isUdockerError(error, 'INVALID')) finishBlob(pieces, check);
    throw error;
  } finally {
    file.close();
  }
}

async function* decompressed(pieces: Generator<Buffer>): AsyncGenerator<Buffer> {
  const first = pieces.next();
  if (first.done === true) return;
  const format = formatOf(first.value);
  if (format === 'plain') {
    yield first.value;
    yield* pieces;
    return;
  }
  const decoder = format === 'gzip' ? createGunzip({ chunkSize: chunkBytes }) : zstd();
  const fed = feed(decoder, first.value, pieces);
  try {
    for await (const piece of decoder as Readable) yield piece as Buffer;
  } catch (error) {
    throw invalid(`its compressed data is damaged or ends too early (${(error as Error).message})`);
  } finally {
    decoder.destroy();
    await fed;
  }
}

async function feed(decoder: Transform, first: Buffer, rest: Generator<Buffer>): Promise<void> {
  const write = (piece: Buffer): Promise<void> =>
    new Promise((resolve) => {
      // Called on failure and destruction as well; the reading side reports those.
      decoder.write(piece, () => resolve());
    });
  await write(first);
  for (let next = rest.next(); next.done !== true && !decoder.destroyed; next = rest.next())
    await write(next.value);
  decoder.end();
}

function* checked(
  file: FileReader,
  check: BlobCheck,
  onProgress: (bytes: number) => void,
): Generator<Buffer> {
  for (let piece = file.next(); piece !== undefined; piece = file.next()) {
    check.passBlob(piece);
    onProgress(check.blobBytes);
    yield piece;
  }
}

function finishBlob(pieces: Generator<Buffer>, check: BlobCheck): void {
  while (pieces.next().done !== true);
  check.finishBlob();
}

function zstd(): Transform {
  if (typeof createZstdDecompress === 'function') return createZstdDecompress({ chunkSize: chunkBytes });
  throw new UdockerError('UNSUPPORTED', 'it is compressed with zstd, which this runtime cannot read', {
    hint: 'use the udocker executable, or Node 22.15 and later',
  });
}
