/**
 * Mount points that the native engine has made in a tree for lack of others. They are no part of the container, and the
 * next run makes those it needs. Source: native/src/mountpoints.c, the file `mount-points` of the state directory.
 */
import { Buffer } from 'node:buffer';
import type { HostPath } from '../../paths.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { readBytes } from '../../system/files.ts';
import type { NodeStats } from '../../system/read-tree.ts';
import type { Tree } from '../../system/tree.ts';
import { inside } from '../extract/entry-path.ts';

/** Says of a path of `tree` whether it is one of those written down in `list`, and still empty. */
export function madeMountPoints(tree: Tree, list: HostPath): (path: ByteString, stats: NodeStats) => boolean {
  const text = Buffer.from(readBytes(list) ?? []).toString('latin1');
  const root = `${Buffer.from(tree.root).toString('latin1')}/`;
  const made = new Set(
    text.split('\0').flatMap((path) => (path.startsWith(root) ? [path.slice(root.length)] : [])),
  );
  const isEmpty = (path: ByteString, kind: string | undefined, size: number): boolean => {
    if (!made.has(path)) return false;
    if (kind === 'file') return size === 0;
    return kind === 'directory' && tree.list(path).every((name) => isEmptyAt(inside(path, name)));
  };
  const isEmptyAt = (path: ByteString): boolean =>
    isEmpty(path, tree.kindOf(path), tree.stat(path)?.size ?? 0);
  return (path, { kind, size }) => made.size > 0 && isEmpty(path, kind, size);
}
