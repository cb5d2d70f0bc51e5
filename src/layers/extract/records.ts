/**
 * What the disk cannot hold for an unprivileged user, kept by real path over all layers: owners and modes for the
 * owners file, and the times of directories, which every later change inside would spoil. Whoever makes something at
 * a path sets or clears its records, so that the last state wins; records of what is gone are dropped at the end.
 */
import type { Buffer } from 'node:buffer';
import type { ByteString } from '../../system/byte-string.ts';
import type { Tree } from '../../system/tree.ts';
import { formatOwners, type Ownership } from '../owners/list.ts';
import type { Directories } from './directories.ts';
import { parentPath } from './entry-path.ts';

export class Records {
  readonly #owners = new Map<ByteString, Ownership>();
  readonly #directoryTimes = new Map<ByteString, number>();

  /** Something without records is now at `path`. */
  clear(path: ByteString): void {
    this.#owners.delete(path);
    this.#directoryTimes.delete(path);
  }

  setOwner(path: ByteString, owner: Ownership): void {
    this.#owners.set(path, owner);
  }

  setDirectoryTime(path: ByteString, seconds: number): void {
    this.#directoryTimes.set(path, seconds);
  }

  /** A hard link shares what its target is. */
  copy(from: ByteString, to: ByteString): void {
    const owner = this.#owners.get(from);
    this.clear(to);
    if (owner !== undefined) this.#owners.set(to, owner);
  }

  /** Sets the time of all directories that are still there, deepest last being of no importance. */
  applyDirectoryTimes(tree: Tree, directories: Directories): void {
    for (const [path, seconds] of this.#directoryTimes) {
      if (directories.isReal(path)) tree.setTime(path, seconds);
    }
  }

  /** The owners file, with each path that is still there. */
  ownersFile(tree: Tree, directories: Directories): { readonly content: Buffer; readonly count: number } {
    const present = [...this.#owners].filter(
      ([path]) => directories.isReal(parentPath(path)) && tree.kindOf(path) !== undefined,
    );
    return { content: formatOwners(present), count: present.length };
  }
}
