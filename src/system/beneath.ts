/** Directories entered one by one, never through a symlink: openat(2) by way of /proc/self/fd. */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import type { HostPath } from '../paths.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;

export interface DirectoryHandle {
  /** The directory `name` below this one, made if missing; closes this handle. Throws the kernel's error. */
  enter(name: string, onMade?: () => void): DirectoryHandle;
  /** Makes an empty file unless something of that name, other than a symlink or directory, exists. */
  makeFile(name: string, onMade?: () => void): void;
  close(): void;
}

/** Opens `root`; the last component must not be a symlink. */
export function openRoot(root: HostPath): DirectoryHandle {
  return handle(fs.openSync(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
}

function handle(fd: number): DirectoryHandle {
  const inside = (name: string) => `/proc/self/fd/${fd}/${name}`;
  return {
    enter(name, onMade) {
      try {
        keepingTimes(fd, () => fs.mkdirSync(inside(name), 0o755));
        onMade?.();
      } catch (error) {
        if (!isErrno(error, 'EEXIST', 'EROFS', 'EACCES', 'EPERM')) throw error;
      }
      const next = fs.openSync(inside(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      fs.closeSync(fd);
      return handle(next);
    },
    makeFile(name, onMade) {
      try {
        keepingTimes(fd, () =>
          fs.closeSync(fs.openSync(inside(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644)),
        );
        onMade?.();
      } catch (error) {
        if (!isErrno(error, 'EEXIST')) throw error;
        const stats = fs.lstatSync(inside(name));
        if (stats.isSymbolicLink() || stats.isDirectory()) throw error;
      }
    },
    close: () => fs.closeSync(fd),
  };
}

/** What is made there is no part of the container, so its directory is as old as before. */
function keepingTimes(directory: number, make: () => void): void {
  const { atimeMs, mtimeMs } = fs.fstatSync(directory);
  make();
  try {
    fs.futimesSync(directory, atimeMs / 1000, mtimeMs / 1000);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'EACCES')) throw error; // somebody else's directory
  }
}
