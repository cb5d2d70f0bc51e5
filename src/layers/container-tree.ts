/** The verbs for the whole tree of a container: in a thread, so that the user can break them off at any time. */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { Board } from './pipeline/board.ts';
import { employ, type Outcome } from './pipeline/crew.ts';
import type { Job } from './pipeline/job.ts';
import type { ExportForm } from './survey/export-form.ts';
import type { ChangedFor, Restored } from './survey/restore-tree.ts';
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
  return omissionsOf((board) => ({ kind: 'copy', layers: [], board, ...request }), signal);
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
  return omissionsOf((board) => ({ kind: 'export', layers: [], board, ...request }), signal);
}

export interface RestoreRequest {
  /** What the container is called in errors. */
  readonly name: string;
  readonly root: HostPath;
  readonly changedFor: ChangedFor;
  readonly signal?: AbortSignal;
}

/**
 * Takes back, in the tree itself, what the first udocker has changed in it for its F modes, and returns how much that
 * was. Throws STORAGE naming the path, or INTERRUPTED; done again, it goes on.
 */
export async function restoreContainerTree({ signal, ...request }: RestoreRequest): Promise<Restored> {
  const answer = await employOne((board) => ({ kind: 'restore', layers: [], board, ...request }), signal);
  return answer.kind === 'restored' ? answer.restored : noAnswer('restore');
}

async function omissionsOf(
  jobOn: (board: SharedArrayBuffer) => Job,
  signal: AbortSignal | undefined,
): Promise<Omissions> {
  const answer = await employOne(jobOn, signal);
  return answer.kind === 'omissions' ? answer.omissions : noAnswer(answer.kind);
}

async function employOne(
  jobOn: (board: SharedArrayBuffer) => Job,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const board = new Board(Board.memory(0));
  const job = jobOn(board.memory);
  const [answer] = await employ([job], board, 0, { signal });
  return answer ?? noAnswer(job.kind);
}

function noAnswer(kind: string): never {
  throw new UdockerError('INTERNAL', `a thread (${kind}) ended without an answer`);
}
