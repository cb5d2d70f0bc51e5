/** Starts real programs for tests on free ports, waits until they listen, and ends exactly those. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';

/** The path of a program, also where only root has it in PATH; undefined when it is not installed. */
export function programPath(name: string): string | undefined {
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const { status, stdout } = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { env, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Those of `names` that are missing, as a reason to skip; undefined when all are there. */
export function missing(...names: string[]): string | undefined {
  const absent = names.filter((name) => programPath(name) === undefined);
  return absent.length === 0 ? undefined : `not installed: ${absent.join(', ')}`;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A workshop: a directory and programs, all of which end with `close`. */
export class Workshop {
  readonly directory = mkdtempSync(`${tmpdir()}/udocker-programs-`);
  readonly #children: ChildProcess[] = [];

  /** Starts a program and waits until it listens on `port`. */
  async start(
    name: string,
    args: readonly string[],
    port: number,
    options: { uid?: number } = {},
  ): Promise<void> {
    const child = spawn(programPath(name) ?? name, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.#children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-4000);
      });
    }
    const deadline = Date.now() + 15_000;
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${output}`);
      if (Date.now() > deadline) throw new Error(`${name} does not listen on ${port}: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Runs a program to its end; throws with its output when it fails. */
  run(name: string, args: readonly string[], input = ''): string {
    const result = spawnSync(programPath(name) ?? name, args, {
      encoding: 'utf8',
      input,
      cwd: this.directory,
    });
    if (result.status === 0) return result.stdout;
    throw new Error(`${name} ${args.join(' ')}: ${result.status} ${result.stderr}${result.stdout}`);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#children.map((child) => {
        if (child.exitCode !== null || child.signalCode !== null) return undefined;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        // Politely first: some have children of their own.
        child.kill('SIGTERM');
        const insist = setTimeout(() => child.kill('SIGKILL'), 3000);
        return ended.then(() => clearTimeout(insist));
      }),
    );
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
