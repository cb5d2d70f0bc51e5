/**
 * What the first udocker changes in a container that is set to one of its F modes, and the notes about it that it
 * keeps beside ROOT: `root.path`, `patch.path`, `patch.time`, `ld.so.path`, `ld.so.orig`, `ld.lib.dirs`. Such a tree
 * is of use to those modes only.
 */
import { type HostPath, under } from '../paths.ts';
import { lstat, readText, removeFile } from '../system/files.ts';
import { type Container, executionMode } from './container-entry.ts';
import { onDisk } from './storage-error.ts';

/** The signs tell that there is something to take back, so they go last. */
const notes = ['ld.so.orig', 'ld.so.path', 'root.path', 'patch.time'] as const;
const signs = ['execmode', 'ld.lib.dirs', 'patch.path'] as const;

export interface FakechrootChanges {
  /** Absolute symlinks begin with this host path, where ROOT was then. */
  readonly links: string;
  /** So do the loaders and library paths of programs. Undefined where those were left alone. */
  readonly programs: string | undefined;
  /** The changed loader: its path in the container, and the copy of what it was. */
  readonly loader: { readonly path: string; readonly original: HostPath } | undefined;
}

/** What was changed and not taken back; undefined for a tree as other modes need it. Throws STORAGE. */
export function fakechrootChanges(
  container: Pick<Container, 'id' | 'directory' | 'root'>,
): FakechrootChanges | undefined {
  const { id, directory, root } = container;
  return onDisk(`reading the container ${id}`, directory, () => {
    // Asked at every run, and seldom there: a failed look costs less than a failed reading.
    const text = (name: string): string | undefined => {
      const path = under(directory, name);
      return lstat(path) === undefined ? undefined : readText(path)?.trim() || undefined;
    };
    const patched = text('patch.path');
    if (
      patched === undefined &&
      !(inFMode(container) && lstat(under(directory, 'ld.lib.dirs')) !== undefined)
    )
      return undefined;
    const path = text('ld.so.path');
    const original = under(directory, 'ld.so.orig');
    const hasLoader = path !== undefined && lstat(original)?.isFile() === true;
    return {
      links: text('root.path') ?? root,
      programs: patched === undefined ? undefined : `${patched}/ROOT`,
      loader: hasLoader ? { path, original } : undefined,
    };
  });
}

/**
 * Removes the notes, when all of it has been taken back, and an F mode with them: the first udocker would miss in a
 * plain tree what belongs to it. Throws STORAGE.
 */
export function forgetFakechrootChanges(container: Pick<Container, 'id' | 'directory'>): void {
  const { id, directory } = container;
  onDisk(`setting up the container ${id}`, directory, () => {
    const gone = [...notes, ...signs].filter((name) => name !== 'execmode' || inFMode(container));
    for (const name of gone) removeFile(under(directory, name));
  });
}

function inFMode(container: Pick<Container, 'directory'>): boolean {
  return executionMode(container)?.startsWith('F') === true;
}
