/**
 * Where a large result goes: a file that appears whole or not at all, a device or pipe that is there already, or the
 * standard output.
 */
import type { Buffer } from 'node:buffer';
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { temporaryName } from './files.ts';
import { writeAll } from './tree.ts';

/** Stands for whatever the standard output is. */
export const standardOutput = '/dev/stdout' as HostPath;

export interface OutputFile {
  /** Writes bytes `start` to `end` of `chunk` at the end. Throws the system error; EPIPE when nobody reads any more. */
  write(chunk: Buffer, start: number, end: number): void;
  /** All is written: makes it durable and gives it its name. Throws the system error, and leaves nothing then. */
  publish(): void;
  /** Takes away what was written, as far as that is possible. */
  abandon(): void;
}

/** Opens `path` for writing. A file that exists is replaced, once the new one is whole. Throws the system error. */
export function openOutputFile(path: HostPath): OutputFile {
  if (path === standardOutput) return stream(1, () => {});
  const existing = fs.statSync(path, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isFile()) {
    const fd = fs.openSync(path, fs.constants.O_WRONLY);
    return stream(fd, () => fs.closeSync(fd));
  }
  return replacement(existing === undefined ? path : (fs.realpathSync(path) as HostPath));
}

/** What errors call it. */
export function outputName(path: HostPath): string {
  return path === standardOutput ? 'to the standard output' : path;
}

/** True when `path` is a file that would be replaced. */
export function isPlainFile(path: HostPath): boolean {
  return path !== standardOutput && fs.statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function stream(fd: number, close: () => void): OutputFile {
  return {
    write: (chunk, start, end) => {
      for (let at = start; at < end; ) at += writeSome(fd, chunk, at, end - at);
    },
    publish: close,
    abandon: close,
  };
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** A pipe shared with a program that made it non-blocking may be full: wait until the reader has caught up. */
function writeSome(fd: number, chunk: Buffer, at: number, length: number): number {
  try {
    return fs.writeSync(fd, chunk, at, length);
  } catch (error) {
    if (!isErrno(error, 'EAGAIN')) throw error;
    Atomics.wait(sleeper, 0, 0, 5);
    return 0;
  }
}

function replacement(path: HostPath): OutputFile {
  const temporary = temporaryName(path);
  const fd = fs.openSync(temporary, 'wx', 0o666);
  let open = true;
  const abandon = (): void => {
    if (open) fs.closeSync(fd);
    open = false;
    fs.rmSync(temporary, { force: true });
  };
  return {
    write: (chunk, start, end) => writeAll(fd, chunk, start, end),
    publish: () => {
      try {
        fs.fsyncSync(fd);
        open = false;
        fs.closeSync(fd);
        fs.renameSync(temporary, path);
      } catch (error) {
        abandon();
        throw error;
      }
    },
    abandon,
  };
}
