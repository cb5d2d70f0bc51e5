/**
 * The documented way to read a layer: node:zlib streams with large chunks. Slower than `LayerReader`, used where the
 * runtime's handles do not behave as expected.
 */
import { Buffer } from 'node:buffer';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { isUdockerError, UdockerError } from '../../errors.ts';
import { FileReader } from '../../system/read-file.ts';
import type { Layer } from '../layer.ts';
import { invalid } from '../tar/fault.ts';
import { BlobCheck } from './blob-check.ts';
import type { Pull } from './decoder.ts';
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
  const file = new FileReader(layer.path, chunkBytes, () => onProgress(check.blobBytes));
  const pull = (): Buffer | undefined => {
    const piece = file.next();
    if (piece !== undefined) check.passBlob(piece);
    onProgress(check.blobBytes);
    return piece;
  };
  try {
    for await (const piece of decompressed(pull)) {
      check.passTar(piece);
      yield piece;
    }
    finishBlob(pull, check);
    check.finishTar();
  } catch (error) {
    if (isUdockerError(error, 'INVALID')) finishBlob(pull, check);
    throw error;
  } finally {
    file.close();
  }
}

async function* decompressed(pull: Pull): AsyncGenerator<Buffer> {
  const first = pull();
  const format = first === undefined ? 'plain' : formatOf(first);
  const pieces = Readable.from(copies(first, pull), { objectMode: true, highWaterMark: 2 });
  if (format === 'plain') {
    yield* pieces as AsyncIterable<Buffer>;
    return;
  }
  const decoder = format === 'gzip' ? createGunzip({ chunkSize: chunkBytes }) : zstd();
  // The failure is seen by the loop below; pipeline passes it on from one to the other and closes both.
  pipeline(pieces, decoder, () => {});
  try {
    for await (const piece of decoder) yield piece as Buffer;
  } catch (error) {
    throw invalid(`its compressed data is damaged or ends too early (${(error as Error).message})`);
  }
}

// Streams read ahead, and the reader's buffer is used again: each piece is a copy.
function* copies(first: Buffer | undefined, pull: Pull): Generator<Buffer> {
  for (let piece = first; piece !== undefined; piece = pull()) yield Buffer.from(piece);
}

function finishBlob(pull: Pull, check: BlobCheck): void {
  while (pull() !== undefined);
  check.finishBlob();
}

function zstd(): Transform {
  if (typeof createZstdDecompress === 'function') return createZstdDecompress({ chunkSize: chunkBytes });
  throw new UdockerError('UNSUPPORTED', 'it is compressed with zstd, which this runtime cannot read', {
    hint: 'use the udocker executable, or Node 22.15 and later',
  });
}
