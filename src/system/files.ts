/**
 * The narrow door to the file system for everything but the extractor. Host paths only; expected absence is
 * `undefined`, every other failure is the kernel's own error, which callers turn into STORAGE with what they
 * were doing.
 */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { type HostPath, parentOf, under } from '../paths.ts';

/** The text of a file; undefined when there is none. */
export function readText(path: HostPath): string | undefined {
  return orUndefined(() => fs.readFileSync(path, 'utf8'));
}

/** The bytes of a file; undefined when there is none. */
export function readBytes(path: HostPath): Uint8Array | undefined {
  return orUndefined(() => fs.readFileSync(path));
}

/** What `path` itself is (a symlink is not followed); undefined when there is nothing. */
export function lstat(path: HostPath): fs.Stats | undefined {
  return orUndefined(() => fs.lstatSync(path, { throwIfNoEntry: false })); // an error costs more than the call
}

/** What `path` leads to; undefined when that is nothing. */
export function stat(path: HostPath): fs.Stats | undefined {
  return orUndefined(() => fs.statSync(path, { throwIfNoEntry: false }));
}

/** Where a symlink points, as written; undefined when `path` is not a symlink. */
export function readLink(path: HostPath): string | undefined {
  try {
    return fs.readlinkSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EINVAL')) return undefined;
    throw error;
  }
}

/** Makes a directory and those above it; nothing happens when it exists. */
export function makeDirectory(path: HostPath, mode = 0o777): void {
  fs.mkdirSync(path, { recursive: true, mode });
}

/** Removes a file or symlink; false when there was none. */
export function removeFile(path: HostPath): boolean {
  return (
    orUndefined(() => {
      fs.unlinkSync(path);
      return true;
    }) ?? false
  );
}

/** Gives our own file `path` a second name; false where that cannot be (another file system, somebody else's file). */
export function linkFile(path: HostPath, second: HostPath): boolean {
  if (lstat(path)?.uid !== process.geteuid?.() || lstat(path)?.isFile() !== true) return false;
  try {
    fs.linkSync(path, second);
    return true;
  } catch (error) {
    if (isErrno(error, 'EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) return false;
    throw error;
  }
}

/**
 * Writes a whole file so that it appears at once or not at all: temporary name in the same directory, fsync,
 * rename. `mode` is applied exactly, whatever the umask.
 */
export function writeFileAtomically(path: HostPath, content: string | Uint8Array, mode = 0o644): void {
  const temporary = temporaryName(path);
  const fd = fs.openSync(temporary, 'wx', mode);
  try {
    fs.fchmodSync(fd, mode);
    fs.writeFileSync(fd, content);
    fs.fsyncSync(fd);
    fs.closeSync(fd);
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Copies a file's content to `path`, which appears at once or not at all, with exactly `mode`. */
export function copyFileAtomically(from: HostPath, path: HostPath, mode: number): void {
  const temporary = temporaryName(path);
  try {
    fs.copyFileSync(from, temporary, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE);
    fs.chmodSync(temporary, mode);
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** A name beside `path` that no other process of this host uses; old tools ignore it because it is hidden. */
export function temporaryName(path: HostPath): HostPath {
  counter += 1;
  return under(parentOf(path), `.tmp-${process.pid}-${Date.now().toString(36)}-${counter}`);
}
let counter = 0;

function orUndefined<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
