/** Writes one regular file: content, holes, mode, time. */
import type { ByteString } from '../../system/byte-string.ts';
import { close, setOpenTime, setSize, type Tree, writeAll, writeAllAt } from '../../system/tree.ts';
import type { Sink } from '../tar/cursor.ts';
import type { Entry } from '../tar/entry.ts';
import { diskMode, type FileModes } from './disk-mode.ts';

/** The content of an entry: what the tar reader offers. */
export interface Body {
  body(sink: Sink): void;
  part(size: number, sink: Sink): void;
}

/** Creates the file at `path`, which must not exist. Throws EEXIST before anything is read from `body`. */
export function createFile(tree: Tree, path: ByteString, entry: Entry, body: Body, modes: FileModes): void {
  const mode = diskMode('file', entry.mode);
  const fd = tree.createFile(path, mode & 0o777);
  try {
    if (entry.segments !== undefined) writeSparse(fd, entry, body);
    else if (entry.size > 0) body.body((chunk, start, end) => writeAll(fd, chunk, start, end));
    modes.complete(fd, mode);
    setOpenTime(fd, entry.mtime);
  } finally {
    close(fd);
  }
}

function writeSparse(fd: number, entry: Entry, body: Body): void {
  for (const { offset, length } of entry.segments ?? []) {
    let at = offset;
    body.part(length, (chunk, start, end) => {
      writeAllAt(fd, chunk, start, end, at);
      at += end - start;
    });
  }
  setSize(fd, entry.size);
}
