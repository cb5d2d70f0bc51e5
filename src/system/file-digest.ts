/**
 * The digest of a file while it grows. The file's own bytes are read back, so that what is verified is what is
 * stored. A large file is hashed in a thread of its own, at the same time as it is written.
 */
import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { HostPath } from '../paths.ts';
import { processors, startWorker } from './workers.ts';

export interface FileDigest {
  /** The file has `size` bytes now, which will not change any more. */
  grown(size: number): void;
  /** The digest, in hex, of the first `size` bytes. Throws the system error when they cannot be read. */
  finish(size: number): Promise<string>;
  /** Always call it at the end, also after a failure. */
  close(): void;
}

/** Below this a thread costs more than it saves. */
const worthAThread = 4 << 20;
/** Each report to the thread, which costs a message, is about at least this much. */
const reportBytes = 8 << 20;
/** Small enough to stay in the cache of the CPU. */
const readBytes = 256 << 10;

/** Begins the digest of `path`, of which nothing has been read yet. `algorithm` is a name of node:crypto. */
export function digestFile(path: HostPath, algorithm: string): FileDigest {
  let digest: FileDigest | undefined;
  const start = (size: number): FileDigest => {
    digest ??=
      size >= worthAThread && processors() > 1
        ? new DistantDigest(path, algorithm)
        : new NearDigest(path, algorithm);
    return digest;
  };
  return {
    grown: (size) => {
      if (digest !== undefined || size >= worthAThread) start(size).grown(size);
    },
    finish: async (size) => start(size).finish(size),
    close: () => digest?.close(),
  };
}

/** Hashes in this thread, as the file grows. */
export class NearDigest implements FileDigest {
  readonly #fd: number;
  readonly #hash: Hash;
  readonly #buffer = new Uint8Array(readBytes);
  #position = 0;

  /** Throws the system error when `path` cannot be opened. */
  constructor(path: string, algorithm: string) {
    this.#fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    this.#hash = createHash(algorithm);
  }

  /** Throws the system error; EIO also when the file is shorter than `size`. */
  grown(size: number): void {
    while (this.#position < size) {
      const wanted = Math.min(readBytes, size - this.#position);
      const length = fs.readSync(this.#fd, this.#buffer, 0, wanted, this.#position);
      if (length === 0)
        throw Object.assign(new Error(`it ends after ${this.#position} bytes`), { code: 'EIO' });
      this.#hash.update(this.#buffer.subarray(0, length));
      this.#position += length;
    }
  }

  async finish(size: number): Promise<string> {
    return this.result(size);
  }

  result(size: number): string {
    this.grown(size);
    return this.#hash.digest('hex');
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** To the thread. Files have numbers because several grow at once. */
export type Order =
  | { readonly kind: 'open'; readonly file: number; readonly path: string; readonly algorithm: string }
  | { readonly kind: 'grown' | 'finish'; readonly file: number; readonly size: number }
  | { readonly kind: 'close'; readonly file: number };

/** From the thread: the digest of a file, or why there is none. */
export type Answer =
  | { readonly file: number; readonly hex: string }
  | { readonly file: number; readonly message: string; readonly code: string | undefined };

/** One thread for all files, which ends with the last of them. */
const shared: { thread: Worker | undefined; files: number; next: number } = {
  thread: undefined,
  files: 0,
  next: 0,
};

/** Hashes in the shared thread. */
class DistantDigest implements FileDigest {
  readonly #file: number;
  readonly #thread: Worker;
  #reported = 0;

  constructor(path: HostPath, algorithm: string) {
    shared.thread ??= startWorker('system/digest/worker.ts', undefined);
    shared.files += 1;
    this.#thread = shared.thread;
    this.#file = shared.next++;
    this.#tell({ kind: 'open', file: this.#file, path, algorithm });
  }

  grown(size: number): void {
    if (size - this.#reported < reportBytes) return;
    this.#reported = size;
    this.#tell({ kind: 'grown', file: this.#file, size });
  }

  finish(size: number): Promise<string> {
    const thread = this.#thread;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        act();
      };
      const onMessage = (answer: Answer): void => {
        if (answer.file !== this.#file) return;
        settle(() => ('hex' in answer ? resolve(answer.hex) : reject(errorOf(answer))));
      };
      const onError = (error: Error): void => settle(() => reject(error));
      const onExit = (): void => settle(() => reject(new Error('the thread that verifies has ended')));
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
      this.#tell({ kind: 'finish', file: this.#file, size });
    });
  }

  close(): void {
    this.#tell({ kind: 'close', file: this.#file });
    shared.files -= 1;
    if (shared.files > 0) return;
    shared.thread = undefined;
    void this.#thread.terminate();
  }

  #tell(order: Order): void {
    this.#thread.postMessage(order);
  }
}

function errorOf({ message, code }: Extract<Answer, { message: string }>): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
