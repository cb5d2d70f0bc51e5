/** Runs a small program that answers on its standard output, such as a credential helper. */
import { spawn } from 'node:child_process';
import { isErrno } from '../errors.ts';

export type ProgramResult =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'failed'; readonly reason: string };

export interface ProgramOptions {
  /** Written to its standard input, which is then closed. */
  readonly input: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** It is killed after this time. */
  readonly timeoutMs: number;
}

const outputLimit = 1 << 20;

/** Runs `file` (looked up in PATH when it has no slash) to its end. Never throws for a program that fails. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: { ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    child.on('error', (error) => {
      resolve(isErrno(error, 'ENOENT') ? { kind: 'not-found' } : { kind: 'failed', reason: error.message });
    });
    child.on('close', (code, signal) => {
      if (code === null) resolve({ kind: 'failed', reason: `ended by ${signal}` });
      else resolve({ kind: 'exited', code, stdout: stdout(), stderr: stderr() });
    });
    // A program that does not read its input closes the pipe; its exit status says the rest.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= outputLimit) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
