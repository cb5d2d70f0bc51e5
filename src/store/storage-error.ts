/** Turns what the kernel says about a disk into STORAGE: what we were doing, to what, why not, and what helps. */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';

const elsewhere = 'choose another place with --repo=DIR or UDOCKER_DIR';
const reasons: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  ENOSPC: {
    why: 'no space left on the device',
    hint: `free some, for example with: udocker rm CONTAINER, udocker rmi IMAGE; or ${elsewhere}`,
  },
  EDQUOT: {
    why: 'your disk quota is used up',
    hint: `free some, for example with: udocker rm CONTAINER, udocker rmi IMAGE; or ${elsewhere}`,
  },
  EROFS: { why: 'the file system is read-only', hint: elsewhere },
  EACCES: { why: 'permission denied', hint: `see who owns it with: ls -ld; or ${elsewhere}` },
  EPERM: { why: 'operation not permitted', hint: `see who owns it with: ls -ld; or ${elsewhere}` },
  ENOTDIR: { why: 'a part of the path is not a directory', hint: 'move that file out of the way' },
  EISDIR: { why: 'a directory is in the way', hint: 'move that directory out of the way' },
  EMFILE: { why: 'too many open files', hint: 'raise the limit with: ulimit -n 4096' },
  EBUSY: { why: 'it is in use, or a file system is mounted there', hint: 'unmount it first' },
  EIO: { why: 'the disk reports an input/output error', hint: 'see the kernel log: dmesg' },
};

/**
 * The error for `doing` (such as "writing the image x") on `path` that failed with `cause`. A UdockerError comes
 * back as it is, and so does anything that is not a system error (a bug must look like one).
 */
export function storageError(doing: string, path: HostPath, cause: unknown): unknown {
  if (cause instanceof UdockerError || !(cause instanceof Error) || !('code' in cause)) return cause;
  const code = String(cause.code);
  const where = placeIn(cause) ?? path;
  const reason = reasons[code];
  return new UdockerError('STORAGE', `${doing}: ${where}: ${reason?.why ?? cause.message}`, {
    ...(reason === undefined ? {} : { hint: reason.hint.replace('ls -ld', `ls -ld ${where}`) }),
    cause,
    details: { path: where, errno: code },
  });
}

/** Where it failed, as the system call says; of a symlink that cannot be made, not what it should have led to. */
function placeIn(cause: Error): string | undefined {
  if ('dest' in cause && typeof cause.dest === 'string' && 'syscall' in cause && cause.syscall === 'symlink')
    return cause.dest;
  return 'path' in cause && typeof cause.path === 'string' ? cause.path : undefined;
}

/** Runs `work`, turning its system errors into STORAGE as `storageError` does. */
export function onDisk<T>(doing: string, path: HostPath, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw storageError(doing, path, cause);
  }
}

/** The same for work that takes its time. */
export async function onDiskLater<T>(doing: string, path: HostPath, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw storageError(doing, path, cause);
  }
}
