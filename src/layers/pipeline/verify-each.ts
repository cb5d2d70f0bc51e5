/** The work of a verifying thread: read layers and compare their sums, keeping nothing. */
import { Buffer } from 'node:buffer';
import { handlesWork } from '../decode/inflate-handle.ts';
import { LayerReader } from '../decode/layer-reader.ts';
import { streamLayer } from '../decode/stream-decoder.ts';
import { explain } from '../extract/explain.ts';
import { type Layer, type LayerEvent, layerName } from '../layer.ts';
import type { Board } from './board.ts';
import type { Method } from './decompress.ts';
import { slotBytes } from './ring.ts';

/** Verifies layers until none is left. Throws what `LayerReader` throws, naming the layer. */
export async function verifyEach(
  layers: readonly Layer[],
  taker: number,
  board: Board,
  method: Method,
  report: (event: LayerEvent) => void,
): Promise<void> {
  const synchronous = method === 'fastest' && handlesWork();
  for (let index = board.take(taker); index !== undefined; index = board.take(taker)) {
    const layer = layers[index];
    if (layer === undefined || board.cancelled) return;
    const taken = index;
    report({ kind: 'layer-started', index });
    const onProgress = (read: number): void => board.setProgress(taken, read);
    const bytes = synchronous ? readAll(layer, board, onProgress) : await streamAll(layer, board, onProgress);
    if (!board.cancelled) report({ kind: 'layer-finished', index, bytes });
  }
}

function readAll(layer: Layer, board: Board, onProgress: (bytes: number) => void): number {
  try {
    const reader = new LayerReader(layer, onProgress);
    try {
      const scratch = Buffer.allocUnsafeSlow(slotBytes);
      let bytes = 0;
      for (let length = reader.fill(scratch); length > 0 && !board.cancelled; length = reader.fill(scratch)) {
        bytes += length;
      }
      return bytes;
    } finally {
      reader.close();
    }
  } catch (error) {
    throw explain(error, 'verifying', { kind: 'layer', name: layerName(layer) });
  }
}

async function streamAll(layer: Layer, board: Board, onProgress: (bytes: number) => void): Promise<number> {
  try {
    let bytes = 0;
    for await (const piece of streamLayer(layer, onProgress)) {
      if (board.cancelled) break;
      bytes += piece.length;
    }
    return bytes;
  } catch (error) {
    throw explain(error, 'verifying', { kind: 'layer', name: layerName(layer) });
  }
}
