/** Small files that one run needs: no fsync, because a crash of the host ends the run as well. */
import * as fs from 'node:fs';
import { type HostPath, under } from '../paths.ts';
import { readText, temporaryName } from './files.ts';

/** Writes a whole file unless it has that content already; others see all of it or nothing. */
export function writeOnce(path: HostPath, content: string, mode: number): void {
  if (readText(path) === content) return;
  const temporary = temporaryName(path);
  try {
    fs.writeFileSync(temporary, content, { mode, flag: 'wx' });
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Removes the oldest entries of a directory so that `keep` stay. Another process may do the same meanwhile. */
export function pruneDirectory(path: HostPath, keep: number): void {
  const names = fs.readdirSync(path);
  if (names.length <= keep) return;
  const aged = names.map((name) => ({
    name,
    time: fs.statSync(under(path, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  aged.sort((a, b) => b.time - a.time);
  for (const { name } of aged.slice(keep)) removeTree(under(path, name));
}

/** Removes a file or a directory with everything in it; nothing happens when it is missing. */
export function removeTree(path: HostPath): void {
  fs.rmSync(path, { recursive: true, force: true });
}
