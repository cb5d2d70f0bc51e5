/** Runs a program of the host that decompresses a file to its standard output, into another file. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import type { HostPath } from '../paths.ts';

export type Decompressed =
  | { readonly kind: 'done' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'interrupted' }
  /** What the program said, or how it ended. */
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Runs `program -dc` (looked up in the PATH of `env`) from `source` to the new file `target`, which only `done` leaves
 * complete. Throws the kernel's error for either file.
 */
export async function decompressFile(
  program: string,
  source: HostPath,
  target: HostPath,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Decompressed> {
  const input = fs.openSync(source, 'r');
  try {
    const output = fs.openSync(target, 'wx', 0o600);
    try {
      return await run(program, [input, output], env, signal);
    } finally {
      fs.closeSync(output);
    }
  } finally {
    fs.closeSync(input);
  }
}

function run(
  program: string,
  [input, output]: readonly [number, number],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Decompressed> {
  return new Promise((resolve) => {
    const child = spawn(program, ['-dc'], { env, stdio: [input, output, 'pipe'], signal });
    let said = '';
    child.stderr?.on('data', (piece: Buffer) => {
      if (said.length < 1000) said += piece.toString();
    });
    child.on('error', (error) => {
      if (signal.aborted) resolve({ kind: 'interrupted' });
      else if (isErrno(error, 'ENOENT')) resolve({ kind: 'not-found' });
      else resolve({ kind: 'failed', reason: error.message });
    });
    child.on('close', (code, killedBy) => {
      if (signal.aborted) resolve({ kind: 'interrupted' });
      else if (code === 0) resolve({ kind: 'done' });
      else resolve({ kind: 'failed', reason: said.trim() || `${program} ended with ${code ?? killedBy}` });
    });
  });
}
