/**
 * Modes on disk. The image's mode is kept except where it would lock the user out of his own files, and but for the
 * set-id bits of programs: the owner on disk is the user, so any other account of the host could run `su` or
 * `mount` of some old image with the user's rights. The true mode is then in the owners file, where emulated root
 * finds it.
 */
import { openMode, setOpenMode, umask } from '../../system/tree.ts';
import type { EntryKind } from '../tar/entry.ts';

const typeBits: Readonly<Record<EntryKind, number>> = {
  file: 0o100000,
  'hard-link': 0o100000,
  symlink: 0o120000,
  'character-device': 0o020000,
  'block-device': 0o060000,
  directory: 0o040000,
  fifo: 0o010000,
};

const setIds = 0o6000;

/** The image's mode with type bits; a symlink's is always 0777. */
export function imageMode(kind: EntryKind, mode: number): number {
  return typeBits[kind] | (kind === 'symlink' ? 0o777 : mode);
}

/** The permission bits to give on disk. */
export function diskMode(kind: EntryKind, mode: number): number {
  if (kind === 'symlink') return 0o777;
  return kind === 'directory' ? mode | 0o700 : (mode & ~setIds) | 0o600;
}

/**
 * Gives new files their mode with as few calls as possible: the mode given to open(2) is exact when the umask leaves
 * it alone, unless a default ACL on the root interferes, which the first file shows.
 */
export class FileModes {
  readonly #mask = umask();
  #exact: boolean | undefined;

  /** Completes the mode of a file just created with `mode`. Call it after writing. */
  complete(fd: number, mode: number): void {
    if ((mode & (this.#mask | 0o7000)) === 0) {
      this.#exact ??= openMode(fd) === mode;
      if (this.#exact) return;
    }
    setOpenMode(fd, mode);
  }
}
