/**
 * What the disk cannot hold for an unprivileged user, kept by real path over all layers: owners and modes for the
 * owners file, and the times of directories, which every later change inside would spoil. Whoever makes something at
 * a path sets or clears its records, so that the last state wins; records of what is gone are dropped at the end.
 */
import { Buffer } from 'node:buffer';
import { type ByteString, bytesOf } from '../../system/byte-string.ts';
import type { Tree } from '../../system/tree.ts';
import type { Directories } from './directories.ts';
import { parentPath } from './entry-path.ts';

interface Ownership {
  readonly uid: number;
  readonly gid: number;
  /** With type bits, as in the image. */
  readonly mode: number;
}

const header = 'udocker-owners-1\0';

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

  /** The owners file: for each path that is still there, guest path, uid, gid, octal mode and an empty rdev. */
  ownersFile(tree: Tree, directories: Directories): { readonly content: Buffer; readonly count: number } {
    const parts: Buffer[] = [Buffer.from(header)];
    for (const [path, { uid, gid, mode }] of this.#owners) {
      if (!directories.isReal(parentPath(path)) || tree.kindOf(path) === undefined) continue;
      parts.push(Buffer.of(0x2f), bytesOf(path), Buffer.from(`\0${uid}\0${gid}\0${mode.toString(8)}\0\0`));
    }
    return { content: Buffer.concat(parts), count: (parts.length - 1) / 3 };
  }
}
