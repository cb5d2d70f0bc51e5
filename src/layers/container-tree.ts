/** The verbs for the whole tree of a container: in a thread, so that the user can break them off at any time. */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { Board } from './pipeline/board.ts';
import { employ } from './pipeline/crew.ts';
import type { Job } from './pipeline/job.ts';
import type { ExportForm } from './survey/export-form.ts';
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
  return employOne((board) => ({ kind: 'copy', layers: [], board, ...request }), signal);
}

export interface ExportRequest {
  /** What the container is called in errors. */
  readonly name: string;
  readonly source: TreeSource;
  /** Replaced when it exists; `standardOutput` for that. */
  readonly output: HostPath;
  readonly form: ExportForm;
  readonly signal?: AbortSignal;
}

/**
 * Writes the tree as a tar archive and returns what of it could not be written. A file appears whole or not at all.
 * Throws STORAGE naming the path, or INTERRUPTED.
 */
export async function exportContainerTree({ signal, ...request }: ExportRequest): Promise<Omissions> {
  return employOne((board) => ({ kind: 'export', layers: [], board, ...request }), signal);
}

async function employOne(
  jobOn: (board: SharedArrayBuffer) => Job,
  signal: AbortSignal | undefined,
): Promise<Omissions> {
  const board = new Board(Board.memory(0));
  const job = jobOn(board.memory);
  const outcomes = await employ([job], board, 0, { signal });
  const omissions = outcomes.find((outcome) => outcome.kind === 'omissions')?.omissions;
  if (omissions === undefined)
    throw new UdockerError('INTERNAL', `a thread (${job.kind}) ended without an answer`);
  return omissions;
}
