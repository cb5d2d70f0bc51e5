/**
 * Calls that the portable API lacks: flock, descriptors that survive execve, programs in memory, and the step by
 * which this process becomes another program. They go through bun:ffi; under Node
 * there is none, and each function says what happens then. Loaded only where needed: it costs a millisecond.
 */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { type HostPath, hostPath } from '../paths.ts';
import { os } from './lazy-os.ts';
import { ffi, libcWith } from './libc.ts';

const ints = { returns: 'i32' } as const;
const libc = libcWith({
  flock: { args: ['i32', 'i32'], ...ints },
  fcntl: { args: ['i32', 'i32', 'i64'], ...ints },
  execve: { args: ['ptr', 'ptr', 'ptr'], ...ints },
  signal: { args: ['i32', 'ptr'], returns: 'ptr' },
  sigprocmask: { args: ['i32', 'ptr', 'ptr'], ...ints },
  syscall: { args: ['i64', 'i64', 'i64'], returns: 'i64' },
  prlimit: { args: ['i32', 'i32', 'ptr', 'ptr'], ...ints },
  __errno_location: { args: [], returns: 'ptr' },
});

/** A system error as node:fs would throw it. Must follow the failed call at once: errno is the thread's last. */
function systemError(call: string, path: string): NodeJS.ErrnoException {
  const location = libc()?.__errno_location() ?? null;
  const errno = location === null ? 0 : ffi().read.i32(location, 0);
  const codes = Object.entries(os().constants.errno);
  const code = codes.find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { errno: -errno, code, syscall: call, path });
}

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Tries to lock the open file `fd` without waiting. The lock belongs to the open file description: children
 * that inherit `fd` share it, and the kernel drops it with the last copy, however its owners die.
 * `'unsupported'` where the file system has no locks (ENOSYS, ENOLCK, EOPNOTSUPP), the descriptor is not open in
 * the way a network file system wants (EBADF), or this runtime cannot ask: under Node the program flock(1),
 * if the host has it, does it for us on the same description.
 */
export function tryFlock(fd: number, mode: 'shared' | 'exclusive'): 'locked' | 'busy' | 'unsupported' {
  const operation = (mode === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB;
  const calls = libc();
  if (calls === undefined) return flockByProgram(fd, mode);
  if (calls.flock(fd, operation) === 0) return 'locked';
  const error = systemError('flock', `fd ${fd}`);
  if (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK') return 'busy';
  if (['ENOSYS', 'ENOLCK', 'EOPNOTSUPP', 'ENOTSUP', 'EBADF', 'EINVAL'].includes(error.code ?? ''))
    return 'unsupported';
  throw error;
}

function flockByProgram(fd: number, mode: 'shared' | 'exclusive'): 'locked' | 'busy' | 'unsupported' {
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const arguments_ = ['-n', mode === 'shared' ? '-s' : '-x', '3'];
  const { status } = spawnSync('flock', arguments_, { stdio: ['ignore', 'ignore', 'ignore', fd] });
  return status === 0 ? 'locked' : status === 1 ? 'busy' : 'unsupported';
}

const F_DUPFD = 0;
const outOfTheWay = [800, 200, 50, 10, 3];

/**
 * A copy of `fd` that survives execve and is inherited by children, with a number so high that programs which
 * use fixed low numbers do not meet it. Closes `fd`. Returns undefined, leaving `fd` alone, where there is no ffi.
 */
export function keepAcrossExec(fd: number): number | undefined {
  const calls = libc();
  if (calls === undefined) return undefined;
  for (const lowest of outOfTheWay) {
    const copy = calls.fcntl(fd, F_DUPFD, lowest);
    if (copy < 0) continue; // EINVAL: above the limit of open files
    fs.closeSync(fd);
    return copy;
  }
  throw systemError('fcntl', `fd ${fd}`);
}

const MFD_CLOEXEC = 1;
const memfdCreate = { x64: 319n, arm64: 279n };

/**
 * A program that has no place on disk: `content` in memory, executable by the path given back as long as this process
 * lives, and by it as it becomes that program. Undefined where the kernel or the runtime has no such files.
 */
export function programInMemory(name: string, content: Uint8Array): HostPath | undefined {
  const calls = libc();
  const cpu = process.arch;
  if (calls === undefined || (cpu !== 'x64' && cpu !== 'arm64')) return undefined;
  const text = cStrings([name]).bytes;
  const fd = Number(calls.syscall(memfdCreate[cpu], BigInt(ffi().ptr(text)), BigInt(MFD_CLOEXEC)));
  if (fd < 0) return undefined;
  fs.writeFileSync(fd, content);
  return hostPath(`/proc/${process.pid}/fd/${fd}`);
}

const SIG_SETMASK = 2;
const RLIMIT_NOFILE = 7;
/** SIGPIPE and SIGXFSZ. */
const ignoredByRuntime = [13, 25];

/** Whether `becomeProgram` can undo what the runtime did to this process's signals. */
export function canBecomePlainly(): boolean {
  return libc() !== undefined;
}

/**
 * Replaces this process by `file` (host path), with `args` (including the program's own name) and exactly `env`.
 * Undone first is what the JavaScript runtime did to this process and a program would inherit: SIGPIPE and
 * SIGXFSZ ignored, blocked signals, and the soft limit of open files raised to the hard one. Signals that our
 * caller ignores (nohup) stay ignored, as with any exec. Handlers are reset by the kernel.
 * Returns never; throws the system error (ENOENT, EACCES, ENOEXEC, E2BIG...) and goes on when the kernel refuses.
 * Without ffi the ignored signals stay ignored: see `canBecomePlainly`.
 */
export function becomeProgram(
  file: HostPath,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): never {
  const calls = libc();
  if (calls === undefined) {
    if (process.execve === undefined)
      throw new Error('this Node.js has no process.execve: use 22.15 or newer');
    return process.execve(file, args, env);
  }
  const path = cStrings([file]);
  const argv = cStrings(args);
  const envp = cStrings(Object.entries(env).map(([name, value]) => `${name}=${value}`));
  referenced.push(argv.bytes, envp.bytes);
  const noSignals = new Uint8Array(128);
  const limit = inheritedFileLimit(calls);
  for (const signal of ignoredByRuntime) calls.signal(signal, null);
  calls.sigprocmask(SIG_SETMASK, noSignals, null);
  if (limit !== undefined) calls.prlimit(0, RLIMIT_NOFILE, limit, null);
  calls.execve(path.bytes, argv.table, envp.table);
  throw systemError('execve', file);
}

/**
 * The limit of open files as struct rlimit, as it most likely was before the runtime raised it: that of our
 * parent. Undefined when it cannot be read or is not below ours.
 */
function inheritedFileLimit(calls: NonNullable<ReturnType<typeof libc>>): BigUint64Array | undefined {
  const own = new BigUint64Array(2);
  const parents = new BigUint64Array(2);
  if (calls.prlimit(0, RLIMIT_NOFILE, null, own) !== 0) return undefined;
  // A parent that runs as somebody else, such as su, may be asked by way of /proc only.
  if (calls.prlimit(process.ppid, RLIMIT_NOFILE, null, parents) !== 0) {
    const soft = fileLimitOf(process.ppid);
    if (soft === undefined) return undefined;
    parents[0] = soft;
  }
  const [soft = 0n] = parents;
  const [raised = 0n, hard = 0n] = own;
  return soft < raised ? BigUint64Array.of(soft, hard) : undefined;
}

function fileLimitOf(pid: number): bigint | undefined {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/limits`, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM', 'ESRCH')) return undefined; // no /proc, or hidden from us
    throw error;
  }
  const found = /^Max open files +(\d+) /m.exec(text);
  return found === null ? undefined : BigInt(found[1] ?? 0);
}

/** Strings that a table of pointers refers to, which the garbage collector cannot see. */
const referenced: Uint8Array[] = [];

/** Strings for C one behind the other, and the table of pointers to each, which ends with NULL. */
interface CStrings {
  readonly bytes: Uint8Array;
  readonly table: BigUint64Array;
}

/** Throws TypeError for a string with a NUL in it. */
function cStrings(strings: readonly string[]): CStrings {
  const bytes = new TextEncoder().encode(strings.map((string) => `${string}\0`).join(''));
  const table = new BigUint64Array(strings.length + 1);
  const start = strings.length === 0 ? 0n : BigInt(ffi().ptr(bytes));
  let at = 0;
  for (let index = 0; index < strings.length; index += 1) {
    table[index] = start + BigInt(at);
    at = bytes.indexOf(0, at) + 1;
  }
  if (at !== bytes.length) throw new TypeError(`a NUL byte in one of ${JSON.stringify(strings)}`);
  return { bytes, table };
}
