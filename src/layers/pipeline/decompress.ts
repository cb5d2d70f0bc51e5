/** The work of a decompressor thread: take the next layer, decompress it into the ring, until none is left. */
import type { Buffer } from 'node:buffer';
import { UdockerError } from '../../errors.ts';
import { handlesWork } from '../decode/inflate-handle.ts';
import { LayerReader } from '../decode/layer-reader.ts';
import { streamLayer } from '../decode/stream-decoder.ts';
import type { Layer } from '../layer.ts';
import type { Board } from './board.ts';
import type { Ring } from './ring.ts';

/** How to decompress: `streams` forces the documented way. */
export type Method = 'fastest' | 'streams';

/** Decompresses layers into `ring` until none is left; a layer that fails ends with its error in the ring. */
export async function decompressLayers(
  layers: readonly Layer[],
  taker: number,
  board: Board,
  ring: Ring,
  method: Method,
): Promise<void> {
  const synchronous = method === 'fastest' && handlesWork();
  for (let index = board.take(taker); index !== undefined; index = board.take(taker)) {
    const layer = layers[index];
    if (layer === undefined) return;
    const taken = index;
    const onProgress = (bytes: number): void => {
      board.setProgress(taken, bytes);
      if (board.cancelled) throw new UdockerError('INTERRUPTED', 'the work was cancelled');
    };
    try {
      if (synchronous) pump(layer, ring, onProgress);
      else await stream(layer, ring, onProgress);
    } catch (error) {
      if (board.cancelled) return;
      ring.fail(error);
      return;
    }
  }
}

function pump(layer: Layer, ring: Ring, onProgress: (bytes: number) => void): void {
  const reader = new LayerReader(layer, onProgress);
  try {
    for (;;) {
      const slot = ring.reserve();
      const length = reader.fill(slot);
      ring.commit(length);
      if (length === 0) return;
    }
  } finally {
    reader.close();
  }
}

async function stream(layer: Layer, ring: Ring, onProgress: (bytes: number) => void): Promise<void> {
  let slot: Buffer = ring.reserve();
  let filled = 0;
  for await (const piece of streamLayer(layer, onProgress)) {
    for (let at = 0; at < piece.length; ) {
      const copied = piece.copy(slot, filled, at);
      at += copied;
      filled += copied;
      if (filled < slot.length) continue;
      ring.commit(filled);
      slot = ring.reserve();
      filled = 0;
    }
  }
  if (filled > 0) {
    ring.commit(filled);
    ring.reserve();
  }
  ring.commit(0);
}
