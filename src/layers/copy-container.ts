/** The verb for copying the tree of a container: in a thread, so that the user can break it off at any time. */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { Board } from './pipeline/board.ts';
import { employ } from './pipeline/crew.ts';
import type { Omissions, TreeSource } from './survey/source.ts';

export interface CopyRequest {
  /** What the container is called in errors. */
  readonly name: string;
  readonly source: TreeSource;
  /** An empty directory. */
  readonly root: HostPath;
  /** Where ownership and modes go that the disk cannot hold. */
  readonly ownersFile: HostPath;
  readonly signal?: AbortSignal;
}

/**
 * Copies the tree and returns what of it could not be copied. Throws STORAGE naming the path, or INTERRUPTED; the copy
 * is incomplete then, and no thread is writing to it any more.
 */
export async function copyContainerTree({ signal, ...request }: CopyRequest): Promise<Omissions> {
  const board = new Board(Board.memory(0));
  const job = { kind: 'copy', layers: [], board: board.memory, ...request } as const;
  const outcomes = await employ([job], board, 0, { signal });
  const omissions = outcomes.find((outcome) => outcome.kind === 'omissions')?.omissions;
  if (omissions === undefined) throw new UdockerError('INTERNAL', 'copying ended without an answer');
  return omissions;
}
