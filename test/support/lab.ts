/**
 * A place to try the built file as a user would: an unprivileged account, an empty home, the executable copied to
 * where that account can read it. Tests that run as root drop to the account `udocker-test` (made when missing).
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

const account = 'udocker-test';

export interface Result {
  /** Exit status, or 128 + signal. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

export interface Lab {
  /** The directory of this lab, owned by the account; removed by `close`. */
  readonly directory: string;
  readonly home: string;
  /** The executable under test. */
  readonly executable: string;
  readonly uid: number;
  readonly gid: number;
  /** Runs the tool as the account. */
  udocker(args: readonly string[], options?: RunOptions): Promise<Result>;
  /** Runs any program as the account. */
  run(command: readonly string[], options?: RunOptions): Promise<Result>;
  close(): void;
}

/** The executable that tests and demo use: `make build` has made it. Throws when it is missing. */
export function builtExecutable(): string {
  const path = resolve(process.env.UDOCKER_TEST_EXECUTABLE ?? 'dist/udocker');
  if (!existsSync(path)) throw new Error(`${path} is missing: run make build`);
  return path;
}

export function openLab(): Lab {
  const { uid, gid } = testAccount();
  const directory = mkdtempSync(join(tmpdir(), 'udocker-lab-'));
  const home = join(directory, 'home');
  const executable = join(directory, 'udocker');
  mkdirSync(home);
  copyFileSync(builtExecutable(), executable);
  chmodSync(executable, 0o755);
  for (const path of [directory, home]) chownSync(path, uid, gid);
  const run: Lab['run'] = (command, options = {}) => execute(command, { home, uid, gid, ...options });
  return {
    directory,
    home,
    executable,
    uid,
    gid,
    run,
    udocker: (args, options) => run([executable, ...args], options),
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function testAccount(): { uid: number; gid: number } {
  const self = userInfo();
  if (self.uid !== 0) return self;
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, account], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    execFileSync('useradd', ['--create-home', '--shell', '/bin/bash', account]);
    return { uid: id('-u'), gid: id('-g') };
  }
}

type Execution = RunOptions & { readonly home: string; readonly uid: number; readonly gid: number };

function execute(
  command: readonly string[],
  { home, uid, gid, env, stdin, cwd, timeoutMs = 120_000 }: Execution,
): Promise<Result> {
  return new Promise((done, fail) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      ...(process.getuid?.() === 0 ? { uid, gid } : {}),
      cwd: cwd ?? home,
      env: {
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        HOME: home,
        USER: account,
        LOGNAME: account,
        LANG: 'C.UTF-8',
        ...env,
      },
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout?.on('data', (data: Buffer) => out.push(data));
    child.stderr?.on('data', (data: Buffer) => err.push(data));
    child.stdin?.on('error', () => {}); // the child may leave its input unread
    child.stdin?.end(stdin);
    child.on('error', fail);
    child.on('close', (code, signal) => {
      const status = code ?? 128 + signalNumber(signal);
      done({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGPIPE: 13,
    SIGTERM: 15,
  };
  return (signal === null ? undefined : numbers[signal]) ?? 0;
}
