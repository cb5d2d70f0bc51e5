/**
 * The native engine travels inside the single file and is extracted once to the repository, or where that cannot be
 * written or nothing there may be executed, to a private directory that can. The only file that knows how:
 * `scripts/build.ts` resolves the module `udocker:engine` and puts the hash in.
 */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { type HostPath, hostPath, under } from '../paths.ts';
import { makeDirectory, stat, temporaryName } from './files.ts';
import { ownPrivateDirectory } from './host.ts';
import { programInMemory } from './native-calls.ts';

declare const UDOCKER_ENGINE_HASH: string | undefined;

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Where the engine of this build can be executed: extracted now unless it is there already. Undefined when none is
 * embedded (a run from source) or there is no place at all; `onTrouble` is then told why.
 */
export async function extractEngine(
  binDirectory: HostPath,
  env: Variables,
  onTrouble: (text: string) => void,
): Promise<HostPath | undefined> {
  if (typeof UDOCKER_ENGINE_HASH === 'undefined') return undefined;
  const name = `udocker-engine-${UDOCKER_ENGINE_HASH}`;
  const ready = executableAt(under(binDirectory, name));
  if (ready !== undefined) return ready;
  const { default: embedded } = await import('udocker:engine');
  return placeEngine(name, fs.readFileSync(embedded), placesFor(binDirectory, env), onTrouble);
}

/** The repository first; then directories of this user alone, made when they come up. */
function* placesFor(binDirectory: HostPath, env: Variables): Generator<HostPath> {
  yield binDirectory;
  const name = `udocker-${process.getuid?.() ?? 0}`;
  const bases = [env.XDG_RUNTIME_DIR, '/dev/shm', '/tmp'].filter((base) => base?.startsWith('/'));
  for (const base of bases) {
    const own = ownPrivateDirectory(under(hostPath(base ?? '/'), name));
    if (own !== undefined) yield own;
  }
}

/** Puts `content` as `name` into the first of `places` where it can be executed, else into memory. */
export function placeEngine(
  name: string,
  content: Uint8Array,
  places: Iterable<HostPath>,
  onTrouble: (text: string) => void,
): HostPath | undefined {
  for (const directory of places) {
    const path = under(directory, name);
    const ready = executableAt(path);
    if (ready !== undefined) return ready;
    try {
      write(directory, path, content);
    } catch (error) {
      if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'ENOENT')) throw error;
      onTrouble(`the native engine cannot be put into ${directory}: ${error.message}`);
      continue;
    }
    if (executableAt(path) !== undefined) {
      removeOld(directory, name);
      return path;
    }
    onTrouble(`the native engine cannot be executed in ${directory}, which is mounted noexec`);
    fs.rmSync(path, { force: true });
  }
  return programInMemory(name, content);
}

/** access(2) refuses X_OK for a file on a noexec mount. */
function executableAt(path: HostPath): HostPath | undefined {
  if (stat(path)?.isFile() !== true) return undefined;
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return path;
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM', 'ENOENT')) return undefined;
    throw error;
  }
}

/** Temporary name, chmod, rename: a concurrent process never executes half of it. */
function write(directory: HostPath, path: HostPath, content: Uint8Array): void {
  makeDirectory(directory);
  const temporary = temporaryName(path);
  try {
    fs.writeFileSync(temporary, content, { flag: 'wx' });
    fs.chmodSync(temporary, 0o755);
    fs.renameSync(temporary, path);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

const oldAfterMs = 30 * 24 * 3600 * 1000;

/**
 * Removes engines of other builds that were extracted long ago, by us. One that runs goes on running; a build that
 * is still used extracts its own again.
 */
function removeOld(directory: HostPath, current: string): void {
  for (const name of fs.readdirSync(directory)) {
    if (name === current || !/^udocker-engine-[0-9a-f]{16}$/.test(name)) continue;
    const path = under(directory, name);
    const found = fs.lstatSync(path, { throwIfNoEntry: false });
    const old = found?.isFile() === true && Date.now() - found.mtimeMs > oldAfterMs;
    if (old && found.uid === process.getuid?.()) fs.rmSync(path, { force: true });
  }
}
