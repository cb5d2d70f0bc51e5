/**
 * Runs containers as an unprivileged user through `run-driver`, with busybox as the root file system, and keeps
 * hold of the process, so that tests can signal it and look for what it leaves behind.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lab, openLab } from './lab.ts';
import type { Job } from './run-job.ts';

export interface Ended {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the output contains `text`. */
  said(text: string): Promise<void>;
}

/** The native engine as `make native` builds it; the tests of supervision by it skip without it. */
export const engineFile = `build/native/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}/udocker-engine`;

export interface RunLab extends Lab {
  /** The native engine's file, where the account can execute it. */
  readonly nativeEngine: string;
  /** A new busybox container of its own; gives its directory. */
  container(): string;
  /** Writes the job to a file and gives its path. */
  jobFile(job: Partial<Job>): string;
  start(job: Partial<Job>, stdin?: string | Uint8Array): Running;
  runJob(job: Partial<Job>, stdin?: string | Uint8Array): Promise<Ended>;
}

/** Where Debian's busybox-static is; the tests skip without it. */
export const busybox = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);

/** Compiles the driver and opens a lab with it. `supervised`: runs have the native engine's supervisor. */
export function openRunLab({ supervised = false } = {}): RunLab {
  const build = mkdtempSync(join(tmpdir(), 'udocker-driver-'));
  const driver = join(build, 'driver');
  const flags = ['--compile', '--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];
  execFileSync(process.execPath, ['build', ...flags, 'test/support/run-driver.ts', '--outfile', driver]);
  process.env.UDOCKER_TEST_EXECUTABLE = driver;
  const lab = openLab();
  delete process.env.UDOCKER_TEST_EXECUTABLE;
  rmSync(build, { recursive: true, force: true });
  const nativeEngine = join(lab.directory, 'udocker-engine');
  if (existsSync(engineFile)) {
    copyFileSync(engineFile, nativeEngine);
    chmodSync(nativeEngine, 0o755);
  }
  let count = 0;
  const home = () => {
    count += 1;
    return join(lab.directory, `c${count}`);
  };
  const container = () => makeContainer(home(), lab);
  let shared: string | undefined;
  const jobFile = (job: Partial<Job>) => {
    shared ??= container();
    const full = {
      root: join(job.directory ?? shared, 'ROOT'),
      directory: shared,
      command: ['true'],
      ...(supervised ? { nativeEngine } : {}),
      ...job,
    };
    count += 1;
    const path = join(lab.directory, `job${count}.json`);
    writeFileSync(path, JSON.stringify(full));
    return path;
  };
  const start = (job: Partial<Job>, stdin?: string | Uint8Array) => launch(lab, jobFile(job), stdin);
  return { ...lab, nativeEngine, container, jobFile, start, runJob: (job, stdin) => start(job, stdin).ended };
}

function makeContainer(directory: string, { uid, gid }: Lab): string {
  const root = join(directory, 'ROOT');
  for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp', 'root'])
    mkdirSync(join(root, name), { recursive: true });
  const target = join(root, 'bin/busybox');
  copyFileSync(busybox ?? '', target);
  chmodSync(target, 0o755);
  const names = execFileSync(target, ['--list'], { encoding: 'utf8' }).split('\n');
  for (const name of names.filter((name) => name !== '' && name !== 'busybox'))
    symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000:guest:/tmp:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nguest:x:1000:\nextra:x:2000:guest\n');
  execFileSync('chown', ['-R', `${uid}:${gid}`, directory]);
  return directory;
}

function launch(lab: Lab, job: string, stdin?: string | Uint8Array): Running {
  const asLab = process.getuid?.() === 0 ? { uid: lab.uid, gid: lab.gid } : {};
  const child = spawn(lab.executable, [job], {
    ...asLab,
    cwd: lab.home,
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: lab.home,
      LANG: 'C.UTF-8',
      FROM_HOST: 'here',
    },
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  const chunks: Buffer[] = [];
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => chunks.push(data));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin?.on('error', () => {}); // the program may leave its input unread
  child.stdin?.end(stdin);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ status: code ?? (signal === 'SIGKILL' ? 137 : 143), stdout: Buffer.concat(chunks), stderr }),
    );
  });
  const said = (text: string) => until(() => Buffer.concat(chunks).includes(text) || stderr.includes(text));
  return { child, ended, said };
}

/** Waits until `condition` holds. Throws when it does not within `ms`, which are many: a busy machine may stand still. */
export async function until(condition: () => boolean, ms = 60_000): Promise<void> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`still not so after ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Processes of this host whose command line contains `marker`. */
export function processesWith(marker: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).includes(marker))
    .map(Number);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return ''; // it ended meanwhile
  }
}

/** Gives a file or directory to the unprivileged account. */
export function give(path: string, { uid, gid }: Lab): void {
  chownSync(path, uid, gid);
}
