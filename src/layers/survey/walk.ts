/**
 * Goes through a tree that may be in use: parents before what is in them, names in order, what vanishes meanwhile is
 * passed over. Directories that deny their owner are opened for as long as they are read.
 */
import { isErrno } from '../../errors.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { exactStat, type NodeStats, whileReadable } from '../../system/read-tree.ts';
import type { Tree } from '../../system/tree.ts';
import { inside, rootPath } from '../extract/entry-path.ts';

export interface Visitor {
  /** Something that is not a directory. */
  node(path: ByteString, stats: NodeStats): void;
  /** A directory, before what is in it. */
  enter(path: ByteString, stats: NodeStats): void;
  /** The same, after it. */
  leave(path: ByteString, stats: NodeStats): void;
  /** Passed over, with all that is in it. */
  omits(path: ByteString, stats: NodeStats): boolean;
}

/** Visits all of `tree` but the directories of other file systems that are mounted in it. Throws the kernel's errors. */
export function walkTree(tree: Tree, visitor: Visitor): void {
  const root = exactStat(tree.host(rootPath));
  if (root !== undefined) visitDirectory(tree, visitor, rootPath, root, root.device);
}

function visitDirectory(
  tree: Tree,
  visitor: Visitor,
  path: ByteString,
  stats: NodeStats,
  device: bigint,
): void {
  visitor.enter(path, stats);
  // The mount point is there, what is mounted is not part of the tree.
  if (stats.device === device) {
    unlessGone(() =>
      whileReadable(tree.host(path), stats, () => {
        for (const name of tree.list(path).sort()) visitEntry(tree, visitor, inside(path, name), device);
      }),
    );
  }
  visitor.leave(path, stats);
}

function visitEntry(tree: Tree, visitor: Visitor, path: ByteString, device: bigint): void {
  const stats = exactStat(tree.host(path));
  if (stats === undefined || visitor.omits(path, stats)) return;
  if (stats.kind === 'directory') visitDirectory(tree, visitor, path, stats, device);
  else visitor.node(path, stats);
}

function unlessGone(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
}
