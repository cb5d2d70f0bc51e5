/** The space a tree takes, as `du -s -m -x` counts it. */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import type { HostPath } from '../paths.ts';

const blockBytes = 512; // the unit of st_blocks, whatever the file system. Source: stat(2)

/**
 * Bytes on disk of the tree `path`, hard-linked files once, other file systems left out, and so are directories
 * that we may not read. Undefined when there is no such tree.
 */
export function diskUsage(path: HostPath): number | undefined {
  const top = fs.lstatSync(path, { throwIfNoEntry: false });
  if (top === undefined) return undefined;
  const counted = new Set<number>();
  const pending: Buffer[] = [];
  let blocks = 0;
  const count = (entry: Buffer, stats: fs.Stats): void => {
    if (stats.dev !== top.dev) return;
    if (stats.nlink > 1 && !stats.isDirectory()) {
      if (counted.has(stats.ino)) return;
      counted.add(stats.ino);
    }
    blocks += stats.blocks;
    if (stats.isDirectory()) pending.push(entry);
  };
  count(Buffer.from(path), top);
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const name of namesIn(directory)) {
      const entry = Buffer.concat([directory, Buffer.from('/'), name]); // names need not be UTF-8
      const stats = orUndefined(() => fs.lstatSync(entry, { throwIfNoEntry: false }));
      if (stats !== undefined) count(entry, stats);
    }
  }
  return blocks * blockBytes;
}

function namesIn(directory: Buffer): Buffer[] {
  return orUndefined(() => fs.readdirSync(directory, { encoding: 'buffer' }) as Buffer[]) ?? [];
}

/** What cannot be looked at, or lies deeper than a path can say, is not counted. */
function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}
