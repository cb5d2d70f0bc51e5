/** The work of a verifying thread: read layers and compare their sums, keeping nothing. */
import { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { type DiffId, parseDiffId } from '../../oci/digest.ts';
import { handlesWork } from '../decode/inflate-handle.ts';
import { LayerReader } from '../decode/layer-reader.ts';
import { streamLayer } from '../decode/stream-decoder.ts';
import { explain } from '../extract/explain.ts';
import { type Layer, type LayerEvent, layerName } from '../layer.ts';
import type { Board } from './board.ts';
import type { VerifyJob } from './job.ts';
import { slotBytes } from './ring.ts';

/** Verifies layers until none is left. Throws what `LayerReader` throws, naming the layer. */
export async function verifyEach(
  { layers, taker, method, tellDiffIds }: VerifyJob,
  board: Board,
  report: (event: LayerEvent) => void,
): Promise<void> {
  const synchronous = method === 'fastest' && handlesWork();
  for (let index = board.take(taker); index !== undefined; index = board.take(taker)) {
    const layer = layers[index];
    if (layer === undefined || board.cancelled) return;
    const taken = index;
    report({ kind: 'layer-started', index });
    const onProgress = (read: number): void => board.setProgress(taken, read);
    const measure = new Measure(tellDiffIds && layer.diffId === undefined);
    if (synchronous) readAll(layer, board, onProgress, measure);
    else await streamAll(layer, board, onProgress, measure);
    if (!board.cancelled) report({ kind: 'layer-finished', index, ...measure.result() });
  }
}

/** What is learnt of a tar as it passes. */
class Measure {
  readonly #hash: Hash | undefined;
  #bytes = 0;

  constructor(hashed: boolean) {
    this.#hash = hashed ? createHash('sha256') : undefined;
  }

  pass(piece: Buffer): void {
    this.#bytes += piece.length;
    this.#hash?.update(piece);
  }

  result(): { readonly bytes: number; readonly diffId?: DiffId } {
    if (this.#hash === undefined) return { bytes: this.#bytes };
    return { bytes: this.#bytes, diffId: parseDiffId(`sha256:${this.#hash.digest('hex')}`) };
  }
}

function readAll(layer: Layer, board: Board, onProgress: (bytes: number) => void, measure: Measure): void {
  try {
    const reader = new LayerReader(layer, onProgress);
    try {
      const scratch = Buffer.allocUnsafeSlow(slotBytes);
      for (let length = reader.fill(scratch); length > 0 && !board.cancelled; length = reader.fill(scratch)) {
        measure.pass(scratch.subarray(0, length));
      }
    } finally {
      reader.close();
    }
  } catch (error) {
    throw explain(error, 'verifying', { kind: 'layer', name: layerName(layer) });
  }
}

async function streamAll(
  layer: Layer,
  board: Board,
  onProgress: (bytes: number) => void,
  measure: Measure,
): Promise<void> {
  try {
    for await (const piece of streamLayer(layer, onProgress)) {
      if (board.cancelled) break;
      measure.pass(piece);
    }
  } catch (error) {
    throw explain(error, 'verifying', { kind: 'layer', name: layerName(layer) });
  }
}
