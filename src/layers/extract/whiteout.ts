/**
 * Whiteouts: entries whose name says that something of the layers below is gone. They never touch what their own
 * layer has put in place. Source: OCI image spec, layer.md, "Whiteouts"; `.wh..wh.` otherwise is AUFS housekeeping.
 */
import type { ByteString } from '../../system/byte-string.ts';
import type { Tree } from '../../system/tree.ts';
import { invalid } from '../tar/fault.ts';
import type { Directories } from './directories.ts';
import { inside, lastName, parentPath } from './entry-path.ts';
import type { Removal } from './removal.ts';

export type Whiteout =
  | { readonly kind: 'path'; readonly parent: ByteString; readonly name: ByteString }
  | { readonly kind: 'opaque'; readonly directory: ByteString }
  | { readonly kind: 'ignored' };

/** The whiteout that an entry at `path` stands for; undefined when it is none. Throws INVALID for `.wh...`. */
export function whiteoutOf(path: ByteString): Whiteout | undefined {
  const last = lastName(path);
  if (!last.startsWith('.wh.')) return path.startsWith('.wh..wh.') ? { kind: 'ignored' } : undefined;
  if (last === '.wh..wh..opq') return { kind: 'opaque', directory: parentPath(path) };
  if (last.startsWith('.wh..wh.')) return { kind: 'ignored' };
  const name = last.slice(4) as ByteString;
  if (name === '' || name === '.' || name === '..')
    throw invalid('a whiteout of a directory by its own name');
  return { kind: 'path', parent: parentPath(path), name };
}

/** Removes what `whiteout` hides, sparing what `spared` says belongs to the same layer. */
export function applyWhiteout(
  whiteout: Exclude<Whiteout, { kind: 'ignored' }>,
  tree: Tree,
  directories: Directories,
  removal: Removal,
  spared: (path: ByteString) => boolean,
): void {
  if (whiteout.kind === 'opaque') {
    const directory = existing(whiteout.directory, directories);
    if (directory !== undefined && tree.kindOf(directory) === 'directory') removal.empty(directory, spared);
    return;
  }
  const parent = directories.find(whiteout.parent);
  if (parent === undefined) return;
  const path = inside(parent, whiteout.name);
  removal.remove(path, tree.kindOf(path), spared);
}

// The directory itself must not be a symlink: what an opaque directory hides is what has its name.
function existing(path: ByteString, directories: Directories): ByteString | undefined {
  if (path === '') return path;
  const parent = directories.find(parentPath(path));
  return parent === undefined ? undefined : inside(parent, lastName(path));
}
