/**
 * The native engine travels inside the single file and is extracted once to the repository. The only file that
 * knows how: `scripts/build.ts` resolves the module `udocker:engine` and puts the hash in.
 */
import * as fs from 'node:fs';
import { type HostPath, under } from '../paths.ts';
import { makeDirectory, stat, temporaryName } from './files.ts';

declare const UDOCKER_ENGINE_HASH: string | undefined;

/** Where the engine of this build lies, or would lie once extracted; undefined when none is embedded. */
export function enginePath(binDirectory: HostPath): HostPath | undefined {
  if (typeof UDOCKER_ENGINE_HASH === 'undefined') return undefined;
  return under(binDirectory, `udocker-engine-${UDOCKER_ENGINE_HASH}`);
}

/**
 * Extracts the engine to `binDirectory` unless it is there already: temporary name, chmod, rename, so that a
 * concurrent process never executes half of it. Returns undefined when none is embedded (a run from source).
 * Throws the system error when the directory cannot be written.
 */
export async function extractEngine(binDirectory: HostPath): Promise<HostPath | undefined> {
  const path = enginePath(binDirectory);
  if (path === undefined) return undefined;
  if (stat(path)?.isFile() === true) return path;
  const { default: embedded } = await import('udocker:engine');
  makeDirectory(binDirectory);
  const temporary = temporaryName(path);
  try {
    fs.writeFileSync(temporary, fs.readFileSync(embedded), { flag: 'wx' });
    fs.chmodSync(temporary, 0o755);
    fs.renameSync(temporary, path);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
  return path;
}
