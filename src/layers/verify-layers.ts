/** Checks layers without extracting them: the same pass as `applyLayers`, keeping nothing. */
import { processors } from '../system/workers.ts';
import type { Layer, LayerEvent } from './layer.ts';
import { Board } from './pipeline/board.ts';
import { employ } from './pipeline/crew.ts';
import type { Method } from './pipeline/decompress.ts';
import type { Job } from './pipeline/job.ts';

export interface VerifyRequest {
  readonly layers: readonly Layer[];
  readonly report?: (event: LayerEvent) => void;
  readonly signal?: AbortSignal;
  /** Tell, in `layer-finished`, the diff ids of layers that come without one. */
  readonly tellDiffIds?: boolean;
  /** How to decompress; for tests. */
  readonly method?: Method;
}

/**
 * Compares size, digest and diff id of each layer, as far as they are given, several layers at a time. Throws
 * UdockerError INTEGRITY, INVALID, UNSUPPORTED, STORAGE or INTERRUPTED naming the layer.
 */
export async function verifyLayers(request: VerifyRequest): Promise<void> {
  const { layers, method = 'fastest', tellDiffIds = false } = request;
  if (layers.length === 0) return;
  const board = new Board(Board.memory(layers.length));
  const plain = layers.map((layer) => ({ ...layer }));
  const count = Math.min(layers.length, processors());
  const jobs = Array.from(
    { length: count },
    (_, taker): Job => ({ kind: 'verify', layers: plain, board: board.memory, taker, method, tellDiffIds }),
  );
  await employ(jobs, board, layers.length, request);
}
