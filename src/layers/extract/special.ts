/** What needs calls beyond the runtime's own: fifos and extended attributes; both may be refused. */
import type { ByteString } from '../../system/byte-string.ts';
import type { Tree } from '../../system/tree.ts';
import { makeFifo, setExtendedAttribute } from '../../system/xattr.ts';
import type { Entry } from '../tar/entry.ts';
import type { Counts } from './counts.ts';

/** Makes a fifo; false when this host cannot. */
export function makeFifoAt(tree: Tree, path: ByteString, mode: number, seconds: number): boolean {
  if (!makeFifo(tree.host(path), mode & 0o777)) return false;
  tree.setMode(path, mode);
  tree.setTime(path, seconds);
  return true;
}

/** Capabilities of a program: only real root may set them; our engine finds them under this name for its guests. */
const kept = new Map([['security.capability', 'user.udocker.security.capability']]);

/** Sets the attributes that a user may set; counts those of privileged namespaces and those refused. */
export function setXattrs(tree: Tree, path: ByteString, xattrs: Entry['xattrs'], counts: Counts): void {
  for (const { name: given, value } of xattrs) {
    const name = kept.get(given) ?? given;
    if (!name.startsWith('user.')) counts.ignoredXattrs += 1;
    else if (!setExtendedAttribute(tree.host(path), name, value)) counts.refusedXattrs += 1;
  }
}
