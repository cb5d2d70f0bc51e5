/**
 * Where container directories are while they are being made or removed: under a hidden name, so that they come and
 * go by one rename. Preferably `<top>/.staging`, which udocker 1 does not look into; beside the containers where
 * these lie on another file system. Whoever works on one holds its lock `<directory>/.lock`; one that nobody holds
 * was left by a killed process and is removed by whoever comes next.
 */
import { isErrno, UdockerError } from '../errors.ts';
import { type HostPath, under } from '../paths.ts';
import { listEntries, makeNewDirectory, rename } from '../system/directory-entries.ts';
import { lstat, makeDirectory } from '../system/files.ts';
import { type Lock, tryLock } from '../system/lock.ts';
import { removeTree } from '../system/remove-tree.ts';
import type { StoreLayout } from './layout.ts';

/** Being made, or being removed. */
export type StagingKind = 'new' | 'gone';

export interface Leftover {
  readonly path: HostPath;
  readonly id: string;
  readonly lock: Lock;
}

const besidePrefix = '.staging-';

/** Where the container `id` is while it is not in `containers/`: all places that are possible. */
function placesOf(layout: StoreLayout, kind: StagingKind, id: string): readonly HostPath[] {
  return [
    under(layout.top, '.staging', `${kind}-${id}`),
    under(layout.containers, `${besidePrefix}${kind}-${id}`),
  ];
}

/**
 * Makes the directory in which the container `id` is built, locked. Throws the system error when `containers/`
 * cannot be written. Call inside `changingNames`, so that nobody takes it for a leftover before it is locked.
 */
export function stageNew(
  layout: StoreLayout,
  id: string,
): { readonly directory: HostPath; readonly lock: Lock } {
  const directory = makeStaged(layout, id);
  const lock = tryLock(lockOf(directory), 'exclusive');
  if (typeof lock === 'object') return { directory, lock };
  throw new UdockerError('STORAGE', `making the container ${id}: ${directory} cannot be locked`);
}

/** Only a rename tells whether two directories can exchange entries (mounts, quotas, symlinks to other disks). */
function makeStaged(layout: StoreLayout, id: string): HostPath {
  const [apart, beside] = placesOf(layout, 'new', id) as [HostPath, HostPath];
  makeNewDirectory(beside);
  try {
    makeDirectory(under(layout.top, '.staging'));
    rename(beside, apart);
    return apart;
  } catch (error) {
    if (isErrno(error, 'EXDEV', 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR')) return beside;
    throw error;
  }
}

/** Takes a container out of sight by one rename and returns where it is now. */
export function moveAside(layout: StoreLayout, directory: HostPath, id: string): HostPath {
  const [apart, beside] = placesOf(layout, 'gone', `${id}-${Date.now().toString(36)}`) as [
    HostPath,
    HostPath,
  ];
  try {
    makeDirectory(under(layout.top, '.staging'));
    rename(directory, apart);
    return apart;
  } catch (error) {
    // A full disk has no room for a directory, but a rename within one needs none.
    const elsewhere = ['EXDEV', 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ENOSPC', 'EDQUOT'];
    if (!isErrno(error, ...elsewhere)) throw error;
  }
  rename(directory, beside);
  return beside;
}

/** True while a live process is making the container `id`. Call inside `changingNames`. */
export function isBeingMade(layout: StoreLayout, id: string): boolean {
  return placesOf(layout, 'new', id).some((directory) => {
    if (lstat(directory) === undefined) return false;
    const lock = lockIfPresent(directory);
    if (typeof lock === 'object') lock.release();
    return lock === 'busy';
  });
}

/** What killed processes left, each locked by us now. Call inside `changingNames`; remove with `removeLeftover`. */
export function findLeftovers(layout: StoreLayout): Leftover[] {
  const apart = under(layout.top, '.staging');
  const candidates = [
    ...namesIn(apart, '').map((name) => ({ path: under(apart, name), name })),
    ...namesIn(layout.containers, besidePrefix).map((name) => ({
      path: under(layout.containers, name),
      name: name.slice(besidePrefix.length),
    })),
  ];
  return candidates.flatMap(({ path, name }) => {
    const id = /^(?:new|gone)-(.+)$/.exec(name)?.[1];
    const lock = id === undefined ? 'unavailable' : lockIfPresent(path);
    return id !== undefined && typeof lock === 'object' ? [{ path, id, lock }] : [];
  });
}

function namesIn(directory: HostPath, prefix: string): string[] {
  return (listEntries(directory) ?? [])
    .filter(({ name, kind }) => kind === 'directory' && name.startsWith(prefix))
    .map(({ name }) => name);
}

/** Removes a leftover and gives up its lock. Throws the system error. */
export function removeLeftover({ path, lock }: Leftover): void {
  try {
    removeTree(path);
  } finally {
    lock.release();
  }
}

function lockIfPresent(directory: HostPath): Lock | 'busy' | 'unavailable' {
  try {
    return tryLock(lockOf(directory), 'exclusive');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 'unavailable';
    throw error;
  }
}

/** The lock of a container, wherever its directory is at the moment. */
export function lockOf(directory: HostPath): HostPath {
  return under(directory, '.lock');
}
