/**
 * Locks between processes, on files of the repository. The kernel's flock where the file system has it: it falls
 * with its process, also by kill -9. Tickets (lock-ticket.ts) elsewhere. Waiting is by asking again, so that it
 * can be reported and interrupted, and no order of arrival can make a deadlock inside the kernel.
 */
import * as fs from 'node:fs';
import { isErrno, UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { type LockMode, liveTicketAgainst, type Ticket, tryTicket } from './lock-ticket.ts';
import { keepAcrossExec, tryFlock } from './native-calls.ts';

export interface Lock {
  /** Gives the lock up. Calling it again does nothing. */
  release(): void;
  /**
   * Makes the lock stay when this process becomes another program, and with whatever that program starts, until
   * the last of them ends or closes it.
   */
  keepAcrossExec(): void;
}

export interface WaitOptions {
  /** Called once when waiting has taken a second. */
  readonly onWait?: (() => void) | undefined;
  /** After so many milliseconds give up with STORAGE; default: wait as long as the holder lives. */
  readonly timeoutMs?: number | undefined;
  /** What the lock protects, for the error. */
  readonly purpose?: string | undefined;
}

const { O_RDONLY, O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
const firstDelayMs = 5;
const longestDelayMs = 200;
const reportAfterMs = 1000;

/**
 * Takes the lock on the file `path` (made when missing, its content is not touched), waiting as long as `options`
 * say. Undefined when there is no lock to be had because nothing can be written there (a read-only repository, a
 * full disk).
 * Throws STORAGE when time is up; system errors otherwise.
 */
export async function acquireLock(
  path: HostPath,
  mode: LockMode,
  options: WaitOptions = {},
): Promise<Lock | undefined> {
  const started = performance.now();
  let reported = false;
  for (let delay = firstDelayMs; ; delay = Math.min(delay * 2, longestDelayMs)) {
    const lock = tryLock(path, mode);
    if (lock !== 'busy') return lock === 'unavailable' ? undefined : lock;
    const waited = performance.now() - started;
    if (options.timeoutMs !== undefined && waited >= options.timeoutMs) throw timeUp(path, waited, options);
    if (!reported && waited >= reportAfterMs) {
      reported = true;
      options.onWait?.();
    }
    await new Promise((resolve) => setTimeout(resolve, delay * (0.5 + Math.random())));
  }
}

/**
 * Takes the lock on the file `path` if that is possible at once. `'busy'`: another process holds it;
 * `'unavailable'`: the file is missing and cannot be made. Throws system errors other than these.
 */
export function tryLock(path: HostPath, mode: LockMode): Lock | 'busy' | 'unavailable' {
  for (;;) {
    const fd = openLockFile(path, mode);
    if (fd === undefined) return 'unavailable';
    const outcome = closingOnError(fd, () => tryFlock(fd, mode));
    if (outcome === 'locked') {
      const verdict = closingOnError(fd, () => judge(path, mode, fd));
      if (verdict === 'ours') return flockLock(path, fd);
      fs.closeSync(fd);
      if (verdict === 'busy') return 'busy';
      continue; // the file was removed or replaced between opening and locking
    }
    fs.closeSync(fd);
    return outcome === 'busy' ? 'busy' : byTicket(path, mode);
  }
}

function judge(path: HostPath, mode: LockMode, fd: number): 'ours' | 'busy' | 'replaced' {
  const now = fs.lstatSync(path, { throwIfNoEntry: false });
  const locked = fs.fstatSync(fd);
  if (now === undefined || now.ino !== locked.ino || now.dev !== locked.dev) return 'replaced';
  return liveTicketAgainst(path, mode) ? 'busy' : 'ours';
}

/** A network file system wants write access for an exclusive lock; a shared one is opened so that nobody can write through it. */
function openLockFile(path: HostPath, mode: LockMode): number | undefined {
  const common = O_NOFOLLOW | O_NONBLOCK;
  try {
    return fs.openSync(path, (mode === 'shared' ? O_RDONLY : O_RDWR) | O_CREAT | common, 0o644);
  } catch (error) {
    if (!isErrno(error, 'EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT')) throw error;
  }
  try {
    return fs.openSync(path, O_RDONLY | common);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function closingOnError<T>(fd: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

function byTicket(path: HostPath, mode: LockMode): Lock | 'busy' | 'unavailable' {
  try {
    const ticket = tryTicket(path, mode);
    return ticket === undefined ? 'busy' : ticketLock(ticket);
  } catch (error) {
    if (isErrno(error, 'EROFS', 'EACCES', 'EPERM')) return 'unavailable';
    throw error;
  }
}

function flockLock(path: HostPath, opened: number): Lock {
  let fd: number | undefined = opened;
  let ticket: Ticket | undefined;
  return {
    release() {
      if (fd !== undefined) fs.closeSync(fd);
      fd = undefined;
      ticket?.release();
      ticket = undefined;
    },
    keepAcrossExec() {
      if (fd === undefined) return;
      const kept = keepAcrossExec(fd);
      // Without ffi the descriptor closes at exec; a ticket stays, as number and start time do.
      if (kept === undefined) ticket ??= tryTicket(path, 'shared');
      else fd = kept;
    },
  };
}

function ticketLock(ticket: Ticket): Lock {
  return { release: () => ticket.release(), keepAcrossExec: () => undefined };
}

function timeUp(path: HostPath, waitedMs: number, options: WaitOptions): UdockerError {
  const purpose = options.purpose ?? path;
  return new UdockerError(
    'STORAGE',
    `waiting for another udocker process to finish with ${purpose}: not done after ${Math.round(waitedMs / 1000)} s`,
    { hint: `see who holds it with: fuser -v ${path}`, details: { path } },
  );
}
