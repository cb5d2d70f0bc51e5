/** The pool of blobs, `layers/`: every file in it that has a blob's name is whole. */
import { isErrno } from '../errors.ts';
import type { BlobSource, ByteStream, Descriptor } from '../oci/descriptor.ts';
import { algorithmOf, type Digest, hexOf } from '../oci/digest.ts';
import { type HostPath, under } from '../paths.ts';
import { changeMode, removeFile } from '../system/directory-entries.ts';
import { stat } from '../system/files.ts';
import { acquireLock, tryLock } from '../system/lock.ts';
import { openByteStream, publishFile, readInChunks } from '../system/partial-file.ts';
import { type Freed, freeAbandoned, holdingBlobs, listAsUnused } from './blob-collector.ts';
import { type BlobProgress, download } from './blob-download.ts';
import { blobPath, partialPath, partialPrefix } from './blob-names.ts';
import type { StoreListener } from './events.ts';
import type { StoreLayout } from './layout.ts';
import { onDisk, onDiskLater } from './storage-error.ts';

export interface BlobStore extends BlobSource {
  /**
   * Runs `work` while no other process can free a blob: wrap around everything from the first `has` or `put` to
   * `images.write`, and around reading the layers of an image. Frees what became unused when it ends. May be nested.
   */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /**
   * True when the blob is here and whole. A blob that this program wrote was verified then and is marked by being
   * read-only, so its size is enough; one of another program is hashed once, and then marked.
   */
  has(blob: Descriptor): Promise<boolean>;
  /** Where the blob lies if it is here (host path). */
  path(digest: Digest): HostPath;
  /**
   * Makes sure the blob is here, fetching it from `source` if need be; two processes (or callers) that want the
   * same blob fetch it once. Returns how it came. Throws INTEGRITY, STORAGE, and what `source` throws.
   */
  put(blob: Descriptor, source: BlobSource, progress?: BlobProgress): Promise<'present' | 'stored'>;
  /**
   * A path in the pool for files that are not blobs yet, to be completed by the caller (a number); for `adopt`. What a
   * killed process leaves there goes with abandoned downloads.
   */
  stagingPrefix(purpose: string): HostPath;
  /**
   * Makes a file at such a path, whose size and digest the caller has verified as it was written, the blob. The file is
   * gone afterwards. Returns how it came. Throws STORAGE.
   */
  adopt(blob: Descriptor, file: HostPath): Promise<'present' | 'stored'>;
  /**
   * Gives up blobs that were fetched for an image which cannot be had: when `hold` ends, those that no image uses are
   * freed, and what has come of the others is removed, unless somebody else is fetching it. Throws STORAGE.
   */
  discard(blobs: readonly Descriptor[]): void;
  /** Reads a stored blob from byte `offset`. Throws STORAGE when it cannot. */
  open(blob: Descriptor, offset?: number): Promise<ByteStream>;
  /**
   * Removes blobs that no image uses and partial downloads, if they were last written before `before` (milliseconds
   * since the epoch) and nobody holds blobs. Throws STORAGE.
   */
  removeAbandoned(before: number): Freed;
}

/** The blobs of the repository at `layout`. */
export function openBlobs(layout: StoreLayout, onEvent: StoreListener): BlobStore {
  const { layers } = layout;
  const path = (digest: Digest): HostPath => blobPath(layers, digest);
  const hold = <T>(work: () => Promise<T>): Promise<T> => holdingBlobs(layout, onEvent, work);
  const has = (blob: Descriptor): Promise<boolean> => isWhole(path(blob.digest), blob);
  return {
    hold,
    has,
    path,
    put: (blob, source, progress = () => undefined) =>
      hold(async () => {
        if (await has(blob)) return 'present';
        return fetchOnce(layout, onEvent, blob, () =>
          download({
            blob,
            source,
            progress,
            partial: partialPath(layers, blob.digest),
            final: path(blob.digest),
          }),
        );
      }),
    stagingPrefix: (purpose) =>
      under(layers, `${partialPrefix}${purpose}-${process.pid}-${Date.now().toString(36)}-`),
    adopt: (blob, file) =>
      hold(() =>
        onDiskLater(`storing ${blob.digest}`, file, async () => {
          if (await has(blob)) {
            removeFile(file);
            return 'present';
          }
          await publishFile(file, path(blob.digest));
          return 'stored';
        }),
      ),
    discard: (blobs) => {
      listAsUnused(
        layout,
        blobs.map(({ digest }) => digest).filter((digest) => stat(path(digest)) !== undefined),
      );
      for (const { digest } of blobs) removePartial(partialPath(layers, digest));
    },
    open: (blob, offset = 0) =>
      onDiskLater(`reading ${blob.digest}`, path(blob.digest), () =>
        openByteStream(path(blob.digest), offset),
      ),
    removeAbandoned: (before) => freeAbandoned(layout, before),
  };
}

/** The lock is the partial file itself: when it was renamed or removed meanwhile, locking starts afresh. */
async function fetchOnce(
  layout: StoreLayout,
  onEvent: StoreListener,
  blob: Descriptor,
  fetch: () => Promise<void>,
): Promise<'present' | 'stored'> {
  const partial = partialPath(layout.layers, blob.digest);
  const purpose = `the download of ${blob.digest}`;
  const lock = await onDiskLater(`storing ${blob.digest}`, partial, () =>
    acquireLock(partial, 'exclusive', {
      purpose,
      onWait: () => onEvent({ kind: 'waiting-for-lock', purpose, path: partial }),
    }),
  );
  try {
    if (await isWhole(blobPath(layout.layers, blob.digest), blob)) {
      onDisk(`storing ${blob.digest}`, partial, () => removeFile(partial));
      return 'present';
    }
    await fetch();
    return 'stored';
  } finally {
    if (stat(partial)?.size === 0) removeFile(partial);
    lock?.release();
  }
}

function removePartial(partial: HostPath): void {
  if (stat(partial) === undefined) return;
  onDisk('removing a download', partial, () => {
    const lock = tryLock(partial, 'exclusive');
    if (lock === 'busy' || lock === 'unavailable') return;
    removeFile(partial);
    lock.release();
  });
}

async function isWhole(path: HostPath, blob: Descriptor): Promise<boolean> {
  const found = stat(path);
  if (found?.isFile() !== true || found.size !== blob.size) return false;
  if ((found.mode & 0o222) === 0) return true;
  const { createHash } = await import('node:crypto');
  const hash = createHash(algorithmOf(blob.digest));
  onDisk(`checking ${blob.digest}`, path, () => readInChunks(path, (chunk) => hash.update(chunk)));
  if (hash.digest('hex') !== hexOf(blob.digest)) return false;
  markVerified(path, found.mode);
  return true;
}

/** Somebody else's file, or a read-only repository: it is hashed again next time. */
function markVerified(path: HostPath, mode: number): void {
  try {
    changeMode(path, mode & 0o555);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'EACCES', 'EROFS')) throw error;
  }
}
