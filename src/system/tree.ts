/**
 * The extractor's door to the file system: plain synchronous calls on one tree, with names that are bytes.
 * Paths are relative to the root of the tree, without `.`, `..` or empty parts; the empty path is the root
 * itself. No call here follows a symlink in the last component; who calls has made sure that there is none in
 * the components before it. Failures are the kernel's own errors.
 */
import { Buffer } from 'node:buffer';
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { type ByteString, bytesOf, isPlain } from './byte-string.ts';

export type NodeKind = 'file' | 'directory' | 'symlink' | 'other';
export type HostName = string | Buffer;

const createFlags =
  fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | (fs.constants.O_NOFOLLOW ?? 0);

export class Tree {
  readonly #root: string;
  readonly #rootBytes: Buffer;

  constructor(readonly root: HostPath) {
    this.#root = root === '/' ? '/' : `${root}/`;
    this.#rootBytes = Buffer.from(this.#root);
  }

  /** The most bytes a path below the root can have: PATH_MAX with its NUL, less the root. */
  get longestPath(): number {
    return 4095 - this.#rootBytes.length;
  }

  /** The host's name for `path`: text where that is exact, else bytes. */
  host(path: ByteString): HostName {
    if (isPlain(path)) return path === '' ? this.root : this.#root + path;
    return Buffer.concat([this.#rootBytes, bytesOf(path)]);
  }

  /** What `path` itself is; undefined when there is nothing. */
  kindOf(path: ByteString): NodeKind | undefined {
    const stats = this.stat(path);
    if (stats === undefined) return undefined;
    if (stats.isFile()) return 'file';
    if (stats.isDirectory()) return 'directory';
    return stats.isSymbolicLink() ? 'symlink' : 'other';
  }

  /** lstat(2) of `path`; undefined when there is nothing. */
  stat(path: ByteString): fs.Stats | undefined {
    try {
      return fs.lstatSync(this.host(path), { throwIfNoEntry: false });
    } catch (error) {
      if (isErrno(error, 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  /** Names in the directory `path`. */
  list(path: ByteString): ByteString[] {
    return fs
      .readdirSync(this.host(path), { encoding: 'buffer' })
      .map((name) => name.toString('latin1') as ByteString);
  }

  /** Opens a directory to ask about it; undefined when it is gone or something else. */
  openDirectory(path: ByteString): number | undefined {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
    try {
      return fs.openSync(this.host(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
      throw error;
    }
  }

  readLink(path: ByteString): ByteString {
    return fs.readlinkSync(this.host(path), { encoding: 'buffer' }).toString('latin1') as ByteString;
  }

  makeDirectory(path: ByteString, mode: number): void {
    fs.mkdirSync(this.host(path), mode);
  }

  /** Creates a file that must not exist and returns its descriptor; the umask applies to `mode`. */
  createFile(path: ByteString, mode: number): number {
    return fs.openSync(this.host(path), createFlags, mode);
  }

  symlink(target: ByteString, path: ByteString): void {
    fs.symlinkSync(isPlain(target) ? target : bytesOf(target), this.host(path));
  }

  /** As `symlink`, in the place of what is there: the name is never missing. */
  replaceSymlink(target: ByteString, path: ByteString): void {
    const beside = `${path}.udocker-new` as ByteString;
    if (this.stat(beside) !== undefined) this.removeFile(beside);
    this.symlink(target, beside);
    fs.renameSync(this.host(beside), this.host(path));
  }

  hardLink(existing: ByteString, path: ByteString): void {
    fs.linkSync(this.host(existing), this.host(path));
  }

  /** Copies the content of a file to a new file; mode and times are left to the caller. */
  copyFile(from: ByteString, to: ByteString): void {
    fs.copyFileSync(this.host(from), this.host(to), fs.constants.COPYFILE_EXCL);
  }

  /** Writes into a file of ours that is there, whose permission bits are `mode` and stay so. */
  overwrite(
    path: ByteString,
    mode: number,
    pieces: readonly { readonly offset: number; readonly bytes: Buffer }[],
  ): void {
    const { O_WRONLY, O_NOFOLLOW } = fs.constants;
    const closed = (mode & 0o200) === 0;
    if (closed) this.setMode(path, mode | 0o200);
    try {
      const fd = fs.openSync(this.host(path), O_WRONLY | (O_NOFOLLOW ?? 0));
      try {
        for (const { offset, bytes } of pieces) writeAllAt(fd, bytes, 0, bytes.length, offset);
      } finally {
        fs.closeSync(fd);
      }
    } finally {
      if (closed) this.setMode(path, mode);
    }
  }

  /** Mode of a file or directory, exactly. Not for symlinks. */
  setMode(path: ByteString, mode: number): void {
    fs.chmodSync(this.host(path), mode);
  }

  /** Access and modification time in seconds since 1970, of `path` itself. */
  setTime(path: ByteString, seconds: number): void {
    fs.lutimesSync(this.host(path), stamp(seconds), stamp(seconds));
  }

  removeFile(path: ByteString): void {
    fs.unlinkSync(this.host(path));
  }

  removeDirectory(path: ByteString): void {
    fs.rmdirSync(this.host(path));
  }
}

/** Writes bytes `start` to `end` of `data` at the current position of `fd`, however many calls it takes. */
export function writeAll(fd: number, data: Buffer, start: number, end: number): void {
  for (let at = start; at < end; ) at += fs.writeSync(fd, data, at, end - at);
}

/** As `writeAll`, at byte `position` of the file. */
export function writeAllAt(fd: number, data: Buffer, start: number, end: number, position: number): void {
  for (let at = start; at < end; ) at += fs.writeSync(fd, data, at, end - at, position + at - start);
}

/** Makes the file `size` bytes long; what was not written reads as zeros and takes no room. */
export function setSize(fd: number, size: number): void {
  fs.ftruncateSync(fd, size);
}

/** Mode of an open file, exactly. */
export function setOpenMode(fd: number, mode: number): void {
  fs.fchmodSync(fd, mode);
}

/** Permission bits of an open file. */
export function openMode(fd: number): number {
  return fs.fstatSync(fd).mode & 0o7777;
}

/** Access and modification time of an open file, in seconds since 1970. */
export function setOpenTime(fd: number, seconds: number): void {
  fs.futimesSync(fd, stamp(seconds), stamp(seconds));
}

export function close(fd: number): void {
  fs.closeSync(fd);
}

/** The file creation mask of this process. */
export function umask(): number {
  return process.umask();
}

// The runtime takes a negative number to mean now; a Date before 1970 is taken at its word.
function stamp(seconds: number): number | Date {
  return seconds < 0 ? new Date(seconds * 1000) : seconds;
}
