/**
 * Frees blobs that nobody uses, without losing one that somebody is about to use.
 *
 * Whoever looks for blobs and means to link them later (pull, create) holds the lock `layers/.lock` shared for as
 * long; freeing needs it exclusive, and is never waited for. What a removal leaves over is first written to the
 * list `layers/.unused`, then tried at once, and otherwise by the last holder when it lets go. So nothing that was
 * just found vanishes, nothing waits for a long pull, and a removal killed half way is finished by a later command.
 */
import { isErrno } from '../errors.ts';
import { type HostPath, under } from '../paths.ts';
import { appendText, listEntries, removeFile } from '../system/directory-entries.ts';
import { lstat, readText } from '../system/files.ts';
import { acquireLock, tryLock } from '../system/lock.ts';
import { blobsInUse, isBlobName, partialPrefix } from './blob-names.ts';
import type { StoreListener } from './events.ts';
import type { StoreLayout } from './layout.ts';
import { onDisk, onDiskLater, storageError } from './storage-error.ts';

export interface Freed {
  readonly count: number;
  readonly bytes: number;
}

/** Runs `work` while no blob can be freed; then frees what became unused meanwhile. May be nested. */
export async function holdingBlobs<T>(
  layout: StoreLayout,
  onEvent: StoreListener,
  work: () => Promise<T>,
): Promise<T> {
  const path = lockPath(layout);
  const lock = await onDiskLater('locking the blobs', path, () =>
    acquireLock(path, 'shared', {
      onWait: () => onEvent({ kind: 'waiting-for-lock', purpose: 'the blobs of the repository', path }),
    }),
  );
  try {
    return await work();
  } finally {
    lock?.release();
    freeListed(layout, onEvent);
  }
}

/** Notes that these blobs lost a user. To be called inside `holdingBlobs`, before the links are removed. */
export function listAsUnused(layout: StoreLayout, names: readonly string[]): void {
  if (names.length === 0) return;
  const path = listPath(layout);
  try {
    appendText(path, `${names.join('\n')}\n`);
  } catch (cause) {
    // Removing must work on a full disk of all things: this process remembers them instead.
    if (!isErrno(cause, 'ENOSPC', 'EDQUOT')) throw storageError('noting unused blobs', path, cause);
    unlisted.set(layout, [...(unlisted.get(layout) ?? []), ...names]);
  }
}
const unlisted = new WeakMap<StoreLayout, readonly string[]>();

/** Frees the listed blobs that are unused, if nobody holds the blobs; otherwise the holder does it later. */
function freeListed(layout: StoreLayout, onEvent: StoreListener): void {
  const remembered = unlisted.get(layout) ?? [];
  if (lstat(listPath(layout)) === undefined && remembered.length === 0) return;
  const lock = tryLock(lockPath(layout), 'exclusive');
  if (lock === 'busy' || lock === 'unavailable') return;
  try {
    const listed = (readText(listPath(layout)) ?? '').split('\n').filter(isBlobName);
    const freed = free(layout, [...new Set([...listed, ...remembered])]);
    unlisted.delete(layout);
    onDisk('removing the list of unused blobs', listPath(layout), () => removeFile(listPath(layout)));
    if (freed.count > 0) onEvent({ kind: 'blobs-freed', ...freed });
  } finally {
    lock.release();
  }
}

/**
 * Frees what pulls that nobody continued have left: blobs that no image uses and partial downloads, not written to
 * since `before` (milliseconds since the epoch). Does nothing while others hold blobs. Throws STORAGE.
 */
export function freeAbandoned(layout: StoreLayout, before: number): Freed {
  const lock = tryLock(lockPath(layout), 'exclusive');
  if (lock === 'busy' || lock === 'unavailable') return { count: 0, bytes: 0 };
  try {
    const old = (listEntries(layout.layers) ?? [])
      .map(({ name }) => name)
      .filter((name) => (lstat(under(layout.layers, name))?.mtimeMs ?? before) < before);
    const blobs = free(layout, old.filter(isBlobName));
    // No download is under way: each holds the lock shared.
    const partials = remove(
      layout.layers,
      old.filter((name) => name.startsWith(partialPrefix)),
    );
    return { count: blobs.count + partials.count, bytes: blobs.bytes + partials.bytes };
  } finally {
    lock.release();
  }
}

function free(layout: StoreLayout, names: readonly string[]): Freed {
  const used = blobsInUse(layout.repos);
  return remove(
    layout.layers,
    names.filter((name) => !used.has(name)),
  );
}

function remove(layers: HostPath, names: readonly string[]): Freed {
  let [count, bytes] = [0, 0];
  for (const name of names) {
    const path = under(layers, name);
    const size = lstat(path)?.size ?? 0;
    if (!onDisk('removing an unused blob', path, () => removeFile(path))) continue;
    count += 1;
    bytes += size;
  }
  return { count, bytes };
}

function lockPath(layout: StoreLayout): HostPath {
  return under(layout.layers, '.lock');
}

function listPath(layout: StoreLayout): HostPath {
  return under(layout.layers, '.unused');
}
