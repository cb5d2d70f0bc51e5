/** A file that is written from its beginning to its end and must not have existed. */
import type { Buffer } from 'node:buffer';
import * as fs from 'node:fs';
import type { HostPath } from '../paths.ts';
import { writeAll } from './tree.ts';

export interface NewFile {
  /** Writes bytes `start` to `end` of `chunk` at the end. Throws the system error. */
  write(chunk: Buffer, start: number, end: number): void;
  close(): void;
  /** Closes it, if need be, and takes it away. */
  remove(): void;
}

/** Creates `path`, for us alone. Throws the system error, EEXIST among them; a symlink is not followed. */
export function createNewFile(path: HostPath): NewFile {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  let fd: number | undefined = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  const close = (): void => {
    const open = fd;
    fd = undefined;
    if (open !== undefined) fs.closeSync(open);
  };
  return {
    write: (chunk, start, end) => {
      if (fd === undefined) throw new TypeError(`writing ${path}, which is closed`);
      writeAll(fd, chunk, start, end);
    },
    close,
    remove: () => {
      close();
      fs.rmSync(path, { force: true });
    },
  };
}
