/** Hard links, and copies in their stead where the file system or the kernel refuses link(2), as on Android. */
import { isErrno } from '../../errors.ts';
import type { ByteString } from '../../system/byte-string.ts';
import type { NodeKind, Tree } from '../../system/tree.ts';
import { invalid } from '../tar/fault.ts';
import type { Counts } from './counts.ts';
import { makeFifoAt } from './special.ts';

const refusals = ['EPERM', 'EACCES', 'EMLINK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV'];

/** Links `path` to `target`, which is of `kind`, not a directory. Throws EEXIST when `path` is taken. */
export function linkOrCopy(
  tree: Tree,
  target: ByteString,
  kind: NodeKind,
  path: ByteString,
  counts: Counts,
): void {
  try {
    tree.hardLink(target, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw invalid('a hard link to something that it replaces');
    if (!isErrno(error, ...refusals)) throw error;
    copyNode(tree, target, kind, path);
    counts.copiedLinks += 1;
  }
}

/** Makes `path` a copy of `from`: content, mode and time. Throws EEXIST when `path` is taken. */
export function copyNode(tree: Tree, from: ByteString, kind: NodeKind, path: ByteString): void {
  const stats = tree.stat(from);
  if (stats === undefined) throw invalid('a hard link to something that is not there');
  if (kind === 'symlink') tree.symlink(tree.readLink(from), path);
  else if (kind === 'file') tree.copyFile(from, path);
  else makeFifoAt(tree, path, stats.mode & 0o7777, stats.mtimeMs / 1000);
  if (kind === 'file') tree.setMode(path, stats.mode & 0o7777);
  tree.setTime(path, stats.mtimeMs / 1000);
}
