/**
 * A file that grows until it is whole: written at its end, continued when an earlier process left part of it, and
 * made durable before it gets its name.
 */
import * as fs from 'node:fs';
import { type HostPath, parentOf } from '../paths.ts';

const readChunkBytes = 1 << 20;

export interface PartialFile {
  /** Bytes that the file has. */
  readonly size: number;
  /** Writes all of `chunk` at the end. Throws the system error. */
  append(chunk: Uint8Array): void;
  /** Drops everything. */
  empty(): void;
  /** Forces the content to disk, gives the file its final name, and takes away the right to write it. */
  publish(path: HostPath): Promise<void>;
  close(): void;
}

/** Opens `path`, made when missing. */
export function openPartialFile(path: HostPath): PartialFile {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644);
  let size = fs.fstatSync(fd).size;
  return {
    get size() {
      return size;
    },
    append(chunk) {
      for (let done = 0; done < chunk.length; ) {
        const written = fs.writeSync(fd, chunk, done, chunk.length - done, size);
        done += written;
        size += written;
      }
    },
    empty() {
      fs.ftruncateSync(fd, 0);
      size = 0;
    },
    publish: (final) => publishOpen(fd, path, final),
    close() {
      fs.closeSync(fd);
    },
  };
}

/** Does what `PartialFile.publish` does to a file that is whole already. Throws the system error. */
export async function publishFile(path: HostPath, final: HostPath): Promise<void> {
  const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
  try {
    await publishOpen(fd, path, final);
  } finally {
    fs.closeSync(fd);
  }
}

async function publishOpen(fd: number, path: HostPath, final: HostPath): Promise<void> {
  await fsync(fd);
  fs.renameSync(path, final);
  // Last: a partial file that cannot be written could not be continued after a kill.
  fs.fchmodSync(fd, fs.fstatSync(fd).mode & 0o555);
  await syncDirectory(parentOf(final));
}

/** Calls `visit` with the bytes of the file `path`, in order; the buffer is used again after each call. */
export function readInChunks(path: HostPath, visit: (chunk: Uint8Array) => void): void {
  const fd = fs.openSync(path, 'r');
  try {
    readAll(fd, visit);
  } finally {
    fs.closeSync(fd);
  }
}

/** The bytes of the file `path` from `offset`, as a stream. Throws the system error when it cannot be opened. */
export async function openByteStream(path: HostPath, offset: number): Promise<AsyncIterable<Uint8Array>> {
  const handle = await fs.promises.open(path, 'r');
  return handle.createReadStream({ start: offset, highWaterMark: readChunkBytes });
}

/** Bytes that an unprivileged user can still write to the file system of `path`. */
export function freeBytes(path: HostPath): number {
  const { bavail, bsize } = fs.statfsSync(path);
  return bavail * bsize;
}

function readAll(fd: number, visit: (chunk: Uint8Array) => void): void {
  const buffer = new Uint8Array(readChunkBytes);
  for (let position = 0; ; ) {
    const length = fs.readSync(fd, buffer, 0, buffer.length, position);
    if (length === 0) return;
    visit(buffer.subarray(0, length));
    position += length;
  }
}

function fsync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(fd, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** So that the new name survives a crash as well. Some network file systems have no fsync for directories. */
async function syncDirectory(path: HostPath): Promise<void> {
  const fd = fs.openSync(path, 'r');
  try {
    await fsync(fd);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EINVAL' || error.code === 'ENOTSUP')))
      throw error;
  } finally {
    fs.closeSync(fd);
  }
}
