/**
 * One blob on its way in: appended to a hidden file, hashed as it grows, and given its name only when size and
 * digest are right. What an earlier, killed attempt left is hashed with the rest and continued.
 */
import { isErrno, isUdockerError, UdockerError } from '../errors.ts';
import type { BlobSource, Descriptor } from '../oci/descriptor.ts';
import { algorithmOf, hexOf } from '../oci/digest.ts';
import type { HostPath } from '../paths.ts';
import type { FileDigest } from '../system/file-digest.ts';
import { giveBack } from '../system/memory.ts';
import { freeBytes, openPartialFile, type PartialFile } from '../system/partial-file.ts';
import { storageError } from './storage-error.ts';

/** Called with the bytes of the blob that are here so far, those found on disk included. */
export type BlobProgress = (bytes: number) => void;

export interface Download {
  readonly blob: Descriptor;
  readonly partial: HostPath;
  readonly final: HostPath;
  readonly source: BlobSource;
  readonly progress: BlobProgress;
}

/**
 * Fetches the blob. The caller holds the lock on `partial`, and removes it when it is empty after a failure. Throws INTEGRITY for wrong size or digest (after one
 * more attempt from zero if part of it was found on disk), STORAGE for the disk, and what the source throws.
 */
export async function download(job: Download): Promise<void> {
  const file = inStorage(job, () => openPartialFile(job.partial));
  try {
    const resumed = file.size > 0;
    try {
      await fetchAndPublish(job, file);
    } catch (error) {
      if (!resumed || !isWrongContent(error)) throw error;
      await fetchAndPublish(job, file);
    }
  } finally {
    file.close();
  }
}

async function fetchAndPublish(job: Download, file: PartialFile): Promise<void> {
  const { digestFile } = await import('../system/file-digest.ts');
  if (file.size > job.blob.size) file.empty();
  requireSpace(job, job.blob.size - file.size);
  job.progress(file.size);
  const digest = digestFile(job.partial, algorithmOf(job.blob.digest));
  try {
    if (file.size < job.blob.size) await receive(job, file, digest);
    await verify(job, file, digest);
  } finally {
    digest.close();
  }
  try {
    await file.publish(job.final);
  } catch (cause) {
    throw storageError(`storing ${job.blob.digest}`, job.final, cause);
  }
}

async function receive(job: Download, file: PartialFile, digest: FileDigest): Promise<void> {
  for await (const chunk of await job.source.open(job.blob, file.size)) {
    if (file.size + chunk.length > job.blob.size) {
      throw wrongContent(job, file, `it is longer than the ${job.blob.size} bytes announced`);
    }
    append(job, file, chunk);
    inStorage(job, () => digest.grown(file.size));
    job.progress(file.size);
    giveBack(chunk);
  }
}

function append(job: Download, file: PartialFile, chunk: Uint8Array): void {
  try {
    file.append(chunk);
  } catch (cause) {
    // A full disk stays full while we keep what is of no use yet; all else can be continued later.
    if (isErrno(cause, 'ENOSPC', 'EDQUOT')) file.empty();
    throw storageError(`storing ${job.blob.digest}`, job.partial, cause);
  }
}

async function verify(job: Download, file: PartialFile, digest: FileDigest): Promise<void> {
  const { blob } = job;
  if (file.size < blob.size) {
    throw new UdockerError(
      'INTEGRITY',
      `fetching ${blob.digest}: it ended after ${file.size} of ${blob.size} bytes`,
      {
        hint: 'try again: what has arrived is kept and continued',
        details: { digest: blob.digest, expected: blob.size, actual: file.size },
      },
    );
  }
  const actual = await digest.finish(file.size).catch((cause: unknown) => {
    throw storageError(`storing ${blob.digest}`, job.partial, cause);
  });
  if (actual !== hexOf(blob.digest)) {
    throw wrongContent(job, file, `its content has the digest ${algorithmOf(blob.digest)}:${actual}`);
  }
}

function wrongContent(job: Download, file: PartialFile, why: string): UdockerError {
  file.empty();
  return new UdockerError('INTEGRITY', `fetching ${job.blob.digest}: ${why}`, {
    hint: 'the registry, or something on the way to it, hands out damaged content: try again, or ask its owner',
    details: { digest: job.blob.digest, damaged: true },
  });
}

/** As opposed to content that only ended too early. */
function isWrongContent(error: unknown): boolean {
  return isUdockerError(error, 'INTEGRITY') && error.details.damaged === true;
}

function requireSpace(job: Download, needed: number): void {
  const free = inStorage(job, () => freeBytes(job.partial));
  if (free >= needed) return;
  const full = Object.assign(new Error('not enough space'), { code: 'ENOSPC', path: job.partial });
  const mb = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  throw storageError(
    `storing ${job.blob.digest} (${mb(needed)} wanted, ${mb(free)} free)`,
    job.partial,
    full,
  );
}

function inStorage<T>(job: Download, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw storageError(`storing ${job.blob.digest}`, job.partial, cause);
  }
}
