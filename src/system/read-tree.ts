/**
 * Reading a tree as it is: exact times and numbers, holes, attributes, and what modes deny its owner. Like tree.ts,
 * whose names and rules these are: no symlink in a last component is followed.
 */
import { Buffer } from 'node:buffer';
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { libcWith } from './libc.ts';
import type { HostName, NodeKind } from './tree.ts';

export interface NodeStats {
  readonly kind: NodeKind | 'fifo' | 'socket';
  /** With type bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  /** Units of 512 bytes on disk. */
  readonly blocks: number;
  readonly device: bigint;
  readonly inode: bigint;
  /** Nanoseconds since 1970; birth is 0 where the file system does not tell. */
  readonly birth: bigint;
  readonly mtimeNs: bigint;
}

/** What `path` itself is; undefined when there is nothing. Throws the kernel's other errors. */
export function exactStat(path: HostName): NodeStats | undefined {
  try {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false, bigint: true });
    return stats === undefined ? undefined : statsOf(stats);
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

function statsOf(stats: fs.BigIntStats): NodeStats {
  return {
    kind: kindOf(stats),
    mode: Number(stats.mode),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: Number(stats.size),
    links: Number(stats.nlink),
    blocks: Number(stats.blocks),
    device: stats.dev,
    inode: stats.ino,
    birth: stats.birthtimeNs,
    mtimeNs: stats.mtimeNs,
  };
}

function kindOf(stats: fs.BigIntStats): NodeStats['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'other';
}

/** Runs `work` while the owner of `path` may read it (and search it): modes that deny it are changed for as long. */
export function whileReadable<T>(path: HostName, { kind, mode, uid }: NodeStats, work: () => T): T {
  const wanted = kind === 'directory' ? 0o500 : 0o400;
  if ((mode & wanted) === wanted || uid !== process.getuid?.() || uid === 0) return work();
  const { O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(path, O_PATH | O_NOFOLLOW);
  try {
    const name = `/proc/self/fd/${fd}`;
    fs.chmodSync(name, (mode & 0o7777) | wanted);
    try {
      return work();
    } finally {
      fs.chmodSync(name, mode & 0o7777);
    }
  } finally {
    fs.closeSync(fd);
  }
}
const O_PATH = 0o10000000;

/** Opens the regular file `path` to read it; undefined when something else is there by now. */
export function openRegular(path: HostName): number | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  let fd: number;
  try {
    fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return undefined;
    throw error;
  }
  if (fs.fstatSync(fd).isFile()) return fd;
  fs.closeSync(fd);
  return undefined;
}

/** Reads bytes of `fd` at `position` into `buffer`, up to `length`; 0 at the end. */
export function readAt(fd: number, buffer: Buffer, length: number, position: number): number {
  return fs.readSync(fd, buffer, 0, length, position);
}

const libc = libcWith({
  lseek: { args: ['i32', 'i64', 'i32'], returns: 'i64' },
  flistxattr: { args: ['i32', 'ptr', 'u64'], returns: 'i64' },
  fgetxattr: { args: ['i32', 'ptr', 'ptr', 'u64'], returns: 'i64' },
  utimensat: { args: ['i32', 'ptr', 'ptr', 'i32'], returns: 'i32' },
});
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/**
 * Where the data of `fd` is, in order; what lies between are holes. All of it where nothing can tell. `size` is the
 * size of the file.
 */
export function dataSegments(
  fd: number,
  size: number,
): { readonly offset: number; readonly length: number }[] {
  const calls = libc();
  const whole = size === 0 ? [] : [{ offset: 0, length: size }];
  if (calls === undefined) return whole;
  const segments: { offset: number; length: number }[] = [];
  for (let at = 0; at < size; ) {
    const offset = Number(calls.lseek(fd, BigInt(at), SEEK_DATA));
    if (offset < 0) return at === 0 && Number(calls.lseek(fd, 0n, SEEK_HOLE)) < 0 ? whole : segments;
    const end = Math.min(size, Number(calls.lseek(fd, BigInt(offset), SEEK_HOLE)));
    if (end <= offset) break;
    segments.push({ offset, length: end - offset });
    at = end;
  }
  return segments;
}

/** Extended attributes of the open file or directory `fd` that an ordinary user may see; none where there is no ffi. */
export function attributesOf(fd: number): { readonly name: string; readonly value: Buffer }[] {
  const calls = libc();
  if (calls === undefined) return [];
  const names = Buffer.alloc(65_536);
  const length = Number(calls.flistxattr(fd, names, BigInt(names.length)));
  if (length <= 0) return [];
  const found: { name: string; value: Buffer }[] = [];
  for (const name of names.toString('latin1', 0, length - 1).split('\0')) {
    const value = Buffer.alloc(65_536);
    const size = Number(calls.fgetxattr(fd, Buffer.from(`${name}\0`, 'latin1'), value, BigInt(value.length)));
    if (size >= 0) found.push({ name, value: Buffer.from(value.subarray(0, size)) });
  }
  return found;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

/** Sets access and modification time of `path` itself to the nanosecond; to the microsecond where there is no ffi. */
export function setExactTime(path: HostName, nanoseconds: bigint): void {
  const calls = libc();
  const second = 1_000_000_000n;
  const rest = ((nanoseconds % second) + second) % second;
  const times = BigInt64Array.of((nanoseconds - rest) / second, rest, (nanoseconds - rest) / second, rest);
  const name = Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.of(0)]);
  if (calls?.utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW) === 0) return;
  fs.lutimesSync(path, Number(nanoseconds) / 1e9, Number(nanoseconds) / 1e9);
}

/** Tries to make the new file `to` share the content of the open file `fd`; false where the file system cannot. */
export function shareContent(fd: number, to: HostName): boolean {
  const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = fs.constants;
  try {
    fs.copyFileSync(`/proc/self/fd/${fd}`, to, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOSYS', 'ENOTTY', 'EPERM', 'EBADF'))
      return false;
    throw error;
  }
}

/** Copies the content of the open file `fd` to the new file `to`; the kernel does it. */
export function copyContent(fd: number, to: HostName): void {
  fs.copyFileSync(`/proc/self/fd/${fd}`, to, fs.constants.COPYFILE_EXCL);
}
