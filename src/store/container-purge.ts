/**
 * Removing what runs leave in a container: mount points, which belong to no image, and files made for engines. Owners
 * and modes that programs have set are no such files: they are the container's.
 */
import { type HostPath, hostPath, parentOf, under } from '../paths.ts';
import { listEntries, realPath, removeEmptyDirectory, removeFile } from '../system/directory-entries.ts';
import { lstat, readBytes } from '../system/files.ts';
import { removeTree } from '../system/remove-tree.ts';
import type { Container } from './container-entry.ts';
import { onDisk } from './storage-error.ts';

/** Of the native engine, with its list of mount points (execute/mount-point.ts), and what it knows of files. */
const native = 'native';
const list = 'mount-points';
/** Where PRoot lies in modes R2 and R3; earlier versions have written down nothing. */
const unlisted = ['.udocker/bin/proot', '.udocker/bin', '.udocker/lib', '.udocker'];

/**
 * Removes empty mount points and auxiliary files of a container that does not run; gives how many went. Mount points
 * that have been filled since stay. Throws STORAGE.
 */
export function removeAuxiliaryFiles({ id, directory, root }: Container): number {
  const state = under(directory, '.udocker');
  const listed = under(state, native, list);
  return onDisk(`tidying the container ${id}`, directory, () => {
    let removed = 0;
    for (const path of [...writtenDown(listed), ...unlisted.map((name) => under(root, name))])
      if (isWithin(path, root) && removeEmpty(path)) removed += 1;
    removeFile(listed);
    for (const { name } of listEntries(state) ?? []) {
      if (name === native) continue;
      removeTree(under(state, name));
      removed += 1;
    }
    return removed;
  });
}

/** Deep ones first. */
function writtenDown(path: HostPath): HostPath[] {
  const paths = new Set(new TextDecoder().decode(readBytes(path)).split('\0'));
  return [...paths]
    .filter((text) => text.startsWith('/'))
    .sort((a, b) => b.length - a.length)
    .map((text) => hostPath(text));
}

/** Programs may have put symlinks in place of directories: then it lies somewhere else. */
function isWithin(path: HostPath, root: HostPath): boolean {
  const real = realPath(root);
  const parent = realPath(parentOf(path));
  if (real === undefined || parent === undefined || !path.startsWith(`${root}/`)) return false;
  return parent === parentOf(hostPath(`${real}${path.slice(root.length)}`));
}

function removeEmpty(path: HostPath): boolean {
  const stats = lstat(path);
  if (stats?.isDirectory() === true) return removeEmptyDirectory(path);
  return stats?.isFile() === true && stats.size === 0 && removeFile(path);
}
