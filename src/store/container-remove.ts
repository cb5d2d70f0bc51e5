/** Removing a container: it disappears at once, by a rename, and its files after that. */
import { isErrno, UdockerError } from '../errors.ts';
import { type Lock, tryLock } from '../system/lock.ts';
import { mountsBelow, removeTree } from '../system/remove-tree.ts';
import type { Container } from './container-entry.ts';
import { changingNames, dropName } from './container-names.ts';
import type { StoreLayout } from './layout.ts';
import { lockOf, moveAside } from './staging.ts';
import { onDisk } from './storage-error.ts';

export interface RemoveOptions {
  /** Also while it runs; its processes go on, with files that have no names any more. */
  readonly force?: boolean;
}

/**
 * Removes the container, its names, and everything below its directory. Throws CONFLICT when it is protected (also
 * with force), runs, or holds a mounted file system; NOT_FOUND when it went away meanwhile; STORAGE.
 */
export async function removeContainer(
  layout: StoreLayout,
  container: Container,
  options: RemoveOptions = {},
): Promise<void> {
  requireUnprotected(container);
  requireUnmounted(container);
  const lock = lockForRemoval(container, options.force === true);
  try {
    const doing = `removing the container ${container.id}`;
    const aside = onDisk(doing, container.directory, () =>
      unlessGone(container, () => moveAside(layout, container.directory, container.id)),
    );
    await changingNames(layout.containers, () => {
      for (const name of container.names) dropName(layout.containers, name, container.id);
    });
    onDisk(doing, aside, () => removeTree(aside));
  } finally {
    lock?.release();
  }
}

/**
 * The lock that a run holds, shared, for as long as anything of the container lives: taken before the process
 * becomes the engine, and inherited. Undefined where nothing can be written (nobody can remove it there either).
 * Throws CONFLICT while the container is being removed or changed, NOT_FOUND when it is gone.
 */
export function lockForRun(container: Container): Lock | undefined {
  const lock = lockOfContainer(container, 'shared');
  if (lock === 'busy') throw beingChanged(container);
  if (lock !== undefined) lock.keepAcrossExec();
  return lock;
}

/** The lock of one who changes the container as a whole. Throws CONFLICT while it runs, NOT_FOUND when it is gone. */
export function lockForChange(container: Container): Lock | undefined {
  const lock = lockOfContainer(container, 'exclusive');
  if (lock === 'busy') throw running(container, 'changing', 'wait until it ends');
  return lock;
}

/** True while something of the container runs, or somebody changes it. */
export function isRunning(container: Container): boolean {
  const lock = lockOfContainer(container, 'exclusive');
  if (typeof lock === 'object') lock.release();
  return lock === 'busy';
}

function lockForRemoval(container: Container, force: boolean): Lock | undefined {
  const lock = lockOfContainer(container, 'exclusive');
  if (lock !== 'busy') return lock;
  if (force) return undefined;
  throw running(
    container,
    'removing',
    `end it first, or remove it all the same with: udocker rm -f ${container.id}`,
  );
}

function lockOfContainer(container: Container, mode: 'shared' | 'exclusive'): Lock | 'busy' | undefined {
  const path = lockOf(container.directory);
  const lock = onDisk(`locking the container ${container.id}`, path, () =>
    unlessGone(container, () => tryLock(path, mode)),
  );
  return lock === 'unavailable' ? undefined : lock;
}

function unlessGone<T>(container: Container, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new UdockerError('NOT_FOUND', `the container ${container.id} was removed meanwhile`);
  }
}

function requireUnprotected(container: Container): void {
  if (!container.protected) return;
  throw new UdockerError('CONFLICT', `removing the container ${container.id}: it is protected`, {
    hint: `first: udocker unprotect ${container.id}`,
  });
}

function requireUnmounted(container: Container): void {
  const [mount] = onDisk('looking for mounts', container.directory, () =>
    unlessGone(container, () => mountsBelow(container.directory)),
  );
  if (mount === undefined) return;
  throw new UdockerError(
    'CONFLICT',
    `removing the container ${container.id}: a file system is mounted at ${mount}`,
    {
      hint: `first: umount ${mount}`,
      details: { path: mount },
    },
  );
}

function running(container: Container, doing: string, hint: string): UdockerError {
  return new UdockerError('CONFLICT', `${doing} the container ${container.id}: it is running`, {
    hint,
    details: { id: container.id },
  });
}

function beingChanged(container: Container): UdockerError {
  return new UdockerError(
    'CONFLICT',
    `running the container ${container.id}: it is being removed or changed`,
    {
      hint: 'try again in a moment',
      details: { id: container.id },
    },
  );
}
