/** The verb for writing archives of files: in threads, so that the user can break it off at any time. */
import type { HostPath } from '../paths.ts';
import { processors } from '../system/workers.ts';
import type { NewMember } from './archive/write-members.ts';
import type { Layer } from './layer.ts';
import { Board } from './pipeline/board.ts';
import { employ } from './pipeline/crew.ts';
import type { Job } from './pipeline/job.ts';
import { Ring } from './pipeline/ring.ts';

export interface WriteRequest {
  readonly members: readonly NewMember[];
  /** One for each member that is a layer, in their order. */
  readonly layers: readonly Layer[];
  /** Replaced when it exists; `standardOutput` for that. */
  readonly output: HostPath;
  readonly signal?: AbortSignal;
}

const ringSlots = 64;
const maxDecompressors = 2;

/**
 * Writes the archive; a file appears whole or not at all. Throws INTEGRITY (a layer is damaged), INVALID, STORAGE or
 * INTERRUPTED.
 */
export async function writeArchive({ members, layers, output, signal }: WriteRequest): Promise<void> {
  const board = new Board(Board.memory(layers.length));
  const count = Math.min(layers.length, processors(), maxDecompressors);
  const rings = Array.from({ length: count }, () => Ring.memory(ringSlots));
  const common = { layers: layers.map((layer) => ({ ...layer })), board: board.memory };
  const jobs: Job[] = [
    { kind: 'write', ...common, rings, members, output },
    ...rings.map((ring, taker): Job => ({ kind: 'decompress', ...common, taker, ring, method: 'fastest' })),
  ];
  await employ(jobs, board, layers.length, { signal });
}
