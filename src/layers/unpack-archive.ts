/**
 * The verb for archives of files, such as `docker save` makes: plain, gzip or zstd, from a file or the standard input.
 * Decompressing and hashing are done in threads, so that the user can break it off at any time.
 */
import { UdockerError } from '../errors.ts';
import { type HostPath, nameOf } from '../paths.ts';
import { standardInput } from '../system/read-file.ts';
import type { Member } from './archive/member.ts';
import { Board } from './pipeline/board.ts';
import { employ } from './pipeline/crew.ts';
import type { Method } from './pipeline/decompress.ts';
import { Ring } from './pipeline/ring.ts';

export interface UnpackRequest {
  /** The archive; `standardInput` for that. */
  readonly path: HostPath;
  /** Every file of it is written to this path with a number behind it. */
  readonly prefix: HostPath;
  /** How errors name it, where that is not its file name. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** How to decompress; for tests. */
  readonly method?: Method;
}

const ringSlots = 64;

/**
 * Writes the files of an archive to disk and returns what it consists of, in its order. Throws INVALID (not a tar
 * archive we can accept), STORAGE or INTERRUPTED, and leaves nothing then; otherwise the caller removes the files.
 */
export async function unpackArchive(request: UnpackRequest): Promise<readonly Member[]> {
  const { path, prefix, name = archiveName(path), method = 'fastest' } = request;
  const board = new Board(Board.memory(1));
  const ring = Ring.memory(ringSlots);
  const common = { layers: [{ path }], board: board.memory };
  const outcomes = await employ(
    [
      { kind: 'unpack', ...common, rings: [ring], name, prefix },
      { kind: 'decompress', ...common, taker: 0, ring, method },
    ],
    board,
    1,
    { signal: request.signal },
  );
  const members = outcomes.find((outcome) => outcome.kind === 'members')?.members;
  if (members === undefined) throw new UdockerError('INTERNAL', 'unpacking ended without an answer');
  return members;
}

/** How errors and people name an archive. */
export function archiveName(path: HostPath): string {
  return path === standardInput ? 'on the standard input' : nameOf(path);
}
