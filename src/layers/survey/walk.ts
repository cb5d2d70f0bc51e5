/**
 * Goes through a tree that may be in use: parents before what is in them, names in order, what vanishes meanwhile is
 * passed over. Directories that deny their owner are opened for as long as they are read. Files of several names are
 * visited once and linked afterwards; sockets and device nodes of the host are only counted.
 */
import { isErrno } from '../../errors.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { exactStat, type NodeStats, whileReadable } from '../../system/read-tree.ts';
import type { Tree } from '../../system/tree.ts';
import { inside, rootPath } from '../extract/entry-path.ts';
import type { Omissions } from './source.ts';

export interface Visitor {
  /** A regular file, by its first name. False when it is gone by now. */
  file(path: ByteString, stats: NodeStats): boolean;
  symlink(path: ByteString, stats: NodeStats): void;
  /** False where it cannot be taken along. */
  fifo(path: ByteString, stats: NodeStats): boolean;
  /** Another name of what was visited as `first`. */
  link(path: ByteString, stats: NodeStats, first: ByteString): void;
  /** A directory, before what is in it. */
  enter(path: ByteString, stats: NodeStats): void;
  /** The same, after it. */
  leave(path: ByteString, stats: NodeStats): void;
  /** Passed over, with all that is in it. */
  omits(path: ByteString, stats: NodeStats): boolean;
  /** Where sockets and devices are counted. */
  readonly omissions: Omissions;
}

/** Visits all of `tree` but the directories of other file systems that are mounted in it. Throws the kernel's errors. */
export function walkTree(tree: Tree, visitor: Visitor): void {
  const root = exactStat(tree.host(rootPath));
  if (root !== undefined) new Walk(tree, visitor, root.device).directory(rootPath, root);
}

class Walk {
  /** First names of files that have several. */
  readonly #first = new Map<string, ByteString>();

  constructor(
    readonly tree: Tree,
    readonly visitor: Visitor,
    readonly device: bigint,
  ) {}

  directory(path: ByteString, stats: NodeStats): void {
    this.visitor.enter(path, stats);
    // The mount point is there, what is mounted is not part of the tree.
    if (stats.device === this.device) {
      unlessGone(() =>
        whileReadable(this.tree.host(path), stats, () => {
          for (const name of this.tree.list(path).sort()) this.#entry(inside(path, name));
        }),
      );
    }
    this.visitor.leave(path, stats);
  }

  #entry(path: ByteString): void {
    const stats = exactStat(this.tree.host(path));
    if (stats === undefined || this.visitor.omits(path, stats)) return;
    if (stats.kind === 'directory') this.directory(path, stats);
    else if (stats.links < 2) this.#node(path, stats);
    else this.#oneOfSeveral(path, stats);
  }

  #oneOfSeveral(path: ByteString, stats: NodeStats): void {
    const key = `${stats.device}:${stats.inode}`;
    const first = this.#first.get(key);
    if (first !== undefined) this.visitor.link(path, stats, first);
    else if (this.#node(path, stats)) this.#first.set(key, path);
  }

  #node(path: ByteString, stats: NodeStats): boolean {
    switch (stats.kind) {
      case 'file':
        return this.visitor.file(path, stats);
      case 'symlink':
        this.visitor.symlink(path, stats);
        return true;
      case 'fifo':
        return this.visitor.fifo(path, stats);
      case 'socket':
        this.visitor.omissions.sockets += 1;
        return false;
      default:
        this.visitor.omissions.devices += 1;
        return false;
    }
  }
}

function unlessGone(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
}
