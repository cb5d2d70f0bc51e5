/**
 * Gives the owner of a tree back the rights that modes in it deny him. Symlinks are left alone and never followed,
 * also when one is put in the place of a file meanwhile.
 */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import type { HostPath } from '../paths.ts';

const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
const O_PATH = 0o10000000;

export interface OpenedModes {
  readonly changed: number;
  /** Entries of other users of the host, whose modes only they can change. */
  readonly foreign: number;
}

/** Makes directories readable, writable and searchable, files readable and writable, for their owner. */
export function openModes(root: HostPath): OpenedModes {
  let [changed, foreign] = [0, 0];
  const pending: Buffer[] = [Buffer.from(root)];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.isSymbolicLink()) continue;
    const wanted = stats.isDirectory() ? 0o700 : 0o600;
    if (stats.uid !== process.getuid?.()) foreign += 1;
    else if ((stats.mode & wanted) !== wanted && addMode(path, wanted)) changed += 1;
    if (stats.isDirectory()) pending.push(...entriesOf(path));
  }
  return { changed, foreign };
}

/** Adds the bits `mode` to a file or directory, not to what a symlink leads to; false when it has them or is gone. */
export function addMode(path: Buffer, mode: number, flags = 0): boolean {
  let fd: number;
  try {
    fd = fs.openSync(path, O_PATH | O_NOFOLLOW | flags);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return false;
    throw error;
  }
  try {
    const stats = fs.fstatSync(fd);
    if (stats.isSymbolicLink() || (stats.mode & mode) === mode) return false;
    fs.chmodSync(`/proc/self/fd/${fd}`, (stats.mode & 0o7777) | mode);
    return true;
  } finally {
    fs.closeSync(fd);
  }
}

/** Empty for a directory of somebody else that keeps us out. */
function entriesOf(directory: Buffer): Buffer[] {
  try {
    const names = fs.readdirSync(directory, { encoding: 'buffer' });
    return names.map((name) => Buffer.concat([directory, Buffer.from('/'), name]));
  } catch (error) {
    if (isErrno(error, 'EACCES', 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Gives the owner all rights on every directory of the tree. Paths are bytes: names need not be UTF-8. */
export function openDirectories(directory: Buffer): void {
  if (fs.lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  addMode(directory, 0o700, O_DIRECTORY);
  for (const path of entriesOf(directory)) openDirectories(path);
}
