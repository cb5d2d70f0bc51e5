/**
 * Batch systems limit how much memory a process may even address (`ulimit -v`, h_vmem). The runtime sets a gigabyte of
 * addresses aside for the code it compiles; where that is too much it goes on without, and without ffi. Told at its
 * start to be content with less, it keeps both.
 */

import { hostPath } from '../paths.ts';
import { readText } from './files.ts';

const variable = 'BUN_JSC_jitMemoryReservationSize';
const enough = String(64 * 1024 * 1024);
/** What the runtime takes with its usual reservation, with room for its threads. */
const usualNeed = 4 * 1024 ** 3;

/** Starts this program anew, content with less, if the limit of addresses demands it. */
export function restartIfTight(env: NodeJS.ProcessEnv): void {
  if (env[variable] !== undefined || process.versions.bun === undefined || process.execve === undefined)
    return;
  const limit = /^Max address space +(\d+)/m.exec(readText(hostPath('/proc/self/limits')) ?? '')?.[1];
  if (limit === undefined || Number(limit) >= usualNeed) return;
  const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  process.execve(process.execPath, [process.argv0, ...process.argv.slice(2)], {
    ...Object.fromEntries(given),
    [variable]: enough,
  });
}

/** The environment as our caller gave it. */
export function givenEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (env[variable] !== enough) return env;
  const { [variable]: _, ...given } = env;
  return given;
}
