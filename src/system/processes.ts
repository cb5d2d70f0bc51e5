/**
 * Processes of the host: looking for programs, running one for its output, starting one with our own streams,
 * becoming one, and reading about others in /proc.
 */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { type HostPath, hostPath } from '../paths.ts';
import { os } from './lazy-os.ts';
import { becomeProgram } from './native-calls.ts';
import { copyTerminalSize, keepOpen, queueSignal } from './process-calls.ts';

export type Environment = Readonly<Record<string, string>>;

/** The file that `name` would execute: a path as it is, a bare name from `path`; undefined when there is none. */
export function findExecutable(name: string, path: string): HostPath | undefined {
  const candidates = name.includes('/')
    ? [name]
    : path.split(':').map((directory) => `${directory || '.'}/${name}`);
  const found = candidates.find(isExecutableFile);
  if (found === undefined) return undefined;
  // A program in memory has no other name.
  return hostPath(/^\/proc\/\d+\/fd\/\d+$/.test(found) ? found : fs.realpathSync(found));
}

function isExecutableFile(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK);
    return fs.statSync(path).isFile();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG')) return false;
    throw error;
  }
}

export interface Output {
  /** Exit status, or 128 + signal; undefined when it could not be started or ran out of time. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with empty input and collects its output; after `timeoutMs` it is killed. Never throws. */
export function runForOutput(
  file: HostPath,
  args: readonly string[],
  options: { readonly env: Environment; readonly timeoutMs: number },
): Promise<Output> {
  return new Promise((resolve) => {
    const child = childProcess().spawn(file, args, {
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    child.on('error', (error) => resolve({ status: undefined, stdout: '', stderr: error.message }));
    child.on('close', (code, signal) => {
      const timedOut = signal === 'SIGKILL' && child.killed;
      const status = signal === null ? (code ?? undefined) : 128 + signalNumber(signal);
      resolve({ status: timedOut ? undefined : status, ...texts });
    });
  });
}

/** A program started with our own streams. */
export interface Attached {
  readonly pid: number;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/**
 * Starts a program with our own three streams and the descriptors our caller left open for us. Throws the
 * kernel's error when it cannot be started. Bun's own call is used where there is one: node:child_process
 * costs several milliseconds to load.
 */
export function startAttached(file: HostPath, args: readonly string[], env: Environment): Attached {
  const further = furtherStreams();
  if (process.versions.bun === undefined) return startWithNode(file, args, env, further);
  const child = Bun.spawn([file, ...args], { env, stdio: ['inherit', 'inherit', 'inherit', ...further] });
  const ended = child.exited.then(() => {
    const { exitCode, signalCode } = child;
    const signal = typeof signalCode === 'number' ? (signalName(signalCode) ?? 'SIGKILL') : signalCode;
    return { code: exitCode, signal };
  });
  return { pid: child.pid, ended };
}

function startWithNode(
  file: HostPath,
  args: readonly string[],
  env: Environment,
  further: ('ignore' | number)[],
): Attached {
  const child = childProcess().spawn(file, args, {
    env,
    stdio: ['inherit', 'inherit', 'inherit', ...further],
  });
  const ended = new Promise<Awaited<Attached['ended']>>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });
  return { pid: child.pid ?? 0, ended };
}

/** A helper that reads lines from us and outlives us. */
export interface Watcher {
  tell(line: string): void;
  /** Says that no more lines come. */
  close(): void;
}

/** Starts a shell script in a session of its own; undefined when there is no /bin/sh or no way to start it. */
export function startWatcher(script: string): Watcher | undefined {
  if (!isExecutableFile('/bin/sh')) return undefined;
  const env = { PATH: '/usr/bin:/bin' };
  if (process.versions.bun === undefined) {
    const child = childProcess().spawn('/bin/sh', ['-c', script], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.unref();
    return { tell: (line) => void child.stdin.write(`${line}\n`), close: () => void child.stdin.end() };
  }
  const child = Bun.spawn(['/bin/sh', '-c', script], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  const tell = (line: string) => {
    child.stdin.write(`${line}\n`);
    child.stdin.flush();
  };
  return { tell, close: () => void child.stdin.end() };
}

function childProcess(): typeof import('node:child_process') {
  return process.getBuiltinModule('node:child_process');
}

/**
 * Replaces this process by `file` with exactly `env`; `args` come after the program's own name. Never returns.
 * Throws the kernel's error (ENOENT, EACCES, E2BIG ...).
 */
export function becomeProcess(file: HostPath, args: readonly string[], env: Environment): never {
  for (const fd of inheritedDescriptors()) keepOpen(fd);
  return becomeProgram(file, [file, ...args], env);
}

/** The number of a signal on this machine. */
export function signalNumber(signal: NodeJS.Signals): number {
  return os().constants.signals[signal];
}

/** The signal with this number; undefined when there is none (real-time signals have no names here). */
export function signalName(number: number): NodeJS.Signals | undefined {
  const entries = Object.entries(os().constants.signals) as [NodeJS.Signals, number][];
  return entries.find(([, value]) => value === number)?.[0];
}

/** Sends `signal`; false when there is no such process (any more). */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (isErrno(error, 'ESRCH', 'EPERM')) return false;
    throw error;
  }
}

/** The children of a process, whichever of its threads started them; none when it has gone. */
export function childrenOf(pid: number): number[] {
  const lists = threadsOf(pid).map((thread) => readProc(`${pid}/task/${thread}/children`));
  if (lists.every((list) => list !== undefined)) {
    return lists.flatMap((list) => list.split(' ').filter((word) => word !== '')).map(Number);
  }
  // Without CONFIG_PROC_CHILDREN; also when a thread has gone meanwhile, and then it does no harm.
  const all = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((other) => parentOf(other) === pid);
}

function threadsOf(pid: number): string[] {
  try {
    return fs.readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES')) return [];
    throw error;
  }
}

function parentOf(pid: number): number | undefined {
  const found = /^PPid:\s*(\d+)/m.exec(readProc(`${pid}/status`) ?? '');
  return found === null ? undefined : Number(found[1]);
}

export interface ProcessStatus {
  readonly running: boolean;
  /** It is process 1 of a process namespace of its own. */
  readonly first: boolean;
  /** Whether `signal` has a handler, or is ignored. */
  catches(signal: NodeJS.Signals): boolean;
}

/** What /proc tells of a process; undefined when it has gone. */
export function statusOf(pid: number): ProcessStatus | undefined {
  const text = readProc(`${pid}/status`);
  if (text === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const handled = BigInt(`0x${field('SigCgt') || '0'}`) | BigInt(`0x${field('SigIgn') || '0'}`);
  const numbers = field('NSpid').split(/\s+/);
  return {
    running: !/^[ZX]/.test(field('State')),
    first: numbers.length > 1 && numbers.at(-1) === '1',
    catches: (signal) => ((handled >> BigInt(signalNumber(signal) - 1)) & 1n) === 1n,
  };
}

/** Gives the terminal on which process `pid` reads the size of ours. Nothing happens when it has gone. */
export function resizeTerminalOf(pid: number): void {
  let fd: number;
  try {
    fd = fs.openSync(`/proc/${pid}/fd/0`, fs.constants.O_RDWR | fs.constants.O_NOCTTY);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENXIO', 'EIO')) return;
    throw error;
  }
  copyTerminalSize(0, fd);
  fs.closeSync(fd);
}

/**
 * Tells process `pid`, a supervisor, that we have got `signal`; false when it could not be told. A message rather
 * than the signal, because it may have that itself already.
 */
export function relaySignal(pid: number, signal: NodeJS.Signals): boolean {
  return queueSignal(pid, supervisorMessage, signalNumber(signal));
}

/** SIGNAL_MESSAGE of native/src/supervise/supervise.h. */
const supervisorMessage = 64;

/** Variables by which process managers (MPICH, Slurm) tell a program which descriptor leads back to them. */
const descriptorVariables = ['PMI_FD'] as const;

/**
 * Descriptors above the three streams that are meant for the program. Only those that a variable names: the
 * runtime marks all that it inherits close-on-exec, so that they can no longer be told from its own.
 */
export function inheritedDescriptors(): number[] {
  const named = descriptorVariables.map((name) => Number(process.env[name] ?? ''));
  return named.filter((fd) => Number.isInteger(fd) && fd > 2 && fs.existsSync(`/proc/self/fd/${fd}`));
}

/** `inheritedDescriptors` at the places they have here, gaps closed. */
function furtherStreams(): ('ignore' | number)[] {
  const open = inheritedDescriptors();
  const last = Math.max(2, ...open);
  return Array.from({ length: last - 2 }, (_, index) => (open.includes(index + 3) ? index + 3 : 'ignore'));
}

function readProc(name: string): string | undefined {
  try {
    return fs.readFileSync(`/proc/${name}`, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}
