/**
 * Who holds something: a process, named so that a later one can tell whether it still lives, also when its
 * number was given to another process since. A name is `host~boot~pid~start`, good inside file names.
 */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { os } from './lazy-os.ts';

/** `'elsewhere'`: on another host (a shared file system), where we cannot look. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

let own: string | undefined;

/** The name of this process. The same after execve, which keeps number and start time. */
export function processName(): string {
  own ??= [thisHost(), thisBoot(), process.pid, startOf(process.pid) ?? '0'].join('~');
  return own;
}

/** Whether the process called `name` lives. A name we did not make is `'elsewhere'`. */
export function livenessOf(name: string): Liveness {
  const [host, boot, pid, start] = name.split('~');
  if (host !== thisHost() || boot === undefined || !/^[0-9]+$/.test(pid ?? '')) return 'elsewhere';
  if (boot !== thisBoot()) return 'dead';
  return startOf(Number(pid)) === start ? 'alive' : 'dead';
}

/** Start time in clock ticks since boot. Source: proc(5), /proc/pid/stat, field 22. */
function startOf(pid: number): string | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold blanks and brackets itself.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

let host: string | undefined;
function thisHost(): string {
  host ??= os()
    .hostname()
    .replaceAll(/[^A-Za-z0-9.-]/g, '_');
  return host;
}

let boot: string | undefined;
function thisBoot(): string {
  boot ??= (readProc('/proc/sys/kernel/random/boot_id') ?? '').slice(0, 8);
  return boot;
}

function readProc(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES')) return undefined;
    throw error;
  }
}
