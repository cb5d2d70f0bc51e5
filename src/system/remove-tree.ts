/**
 * Removing a root filesystem as the user who owns it: quickly when all is well, and also when directories in it
 * deny their owner (images have them). Symlinks are removed, never followed. A mounted file system below is
 * refused before anything is touched: what is bound there is not ours to delete.
 */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { type HostPath, parentOf } from '../paths.ts';
import { readText } from './files.ts';
import { openDirectories } from './open-modes.ts';

/**
 * Removes the tree `path`; nothing happens when it is gone already, also piecewise meanwhile (another process may
 * be at the same work). Throws the system error, EBUSY when `mountsBelow` is not empty.
 */
export function removeTree(path: HostPath): void {
  const mounted = mountsBelow(path)[0];
  if (mounted !== undefined) {
    throw Object.assign(new Error(`EBUSY: a file system is mounted at ${mounted}`), {
      code: 'EBUSY',
      path: mounted,
    });
  }
  for (let attempts = 3; ; attempts -= 1) {
    try {
      fs.rmSync(path, { recursive: true, force: true });
      if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    } catch (error) {
      if (attempts === 0 || !isErrno(error, 'EACCES', 'EPERM', 'ENOTEMPTY', 'EFAULT')) throw error;
    }
    openDirectories(Buffer.from(path));
  }
}

/** Mount points at or below `path` (after resolving symlinks above it), as /proc/self/mountinfo has them. */
export function mountsBelow(path: HostPath): HostPath[] {
  const table = readText('/proc/self/mountinfo' as HostPath) ?? '';
  const parent = fs.realpathSync(parentOf(path));
  const real = `${parent === '/' ? '' : parent}/${path.slice(path.lastIndexOf('/') + 1)}`;
  return table
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point === real || point.startsWith(`${real}/`)) as HostPath[];
}

/** Blanks and the like are written `\040` there. Source: proc_pid_mountinfo(5). */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
