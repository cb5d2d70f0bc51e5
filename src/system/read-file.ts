/** Reading one large file, or the standard input, piece by piece, synchronously, into a buffer that is used again. */
import { Buffer } from 'node:buffer';
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { waitForInput } from './input.ts';

/** Stands for whatever the standard input is, also where that cannot be opened a second time (a socket). */
export const standardInput = '/dev/stdin' as HostPath;

/** How long to wait for input before looking whether it is still wanted. */
const lookMs = 100;

export class FileReader {
  readonly #fd: number;
  readonly #buffer: Buffer;
  readonly #waits: boolean;
  readonly #onWait: () => void;

  /**
   * Opens `path`; `pieceBytes` is the most that one `next` returns. While there is nothing to read yet, `onWait` is
   * called now and then; it may throw.
   */
  constructor(path: HostPath, pieceBytes: number, onWait: () => void = () => {}) {
    this.#waits = path === standardInput;
    this.#fd = this.#waits ? 0 : fs.openSync(path, 'r');
    this.#buffer = Buffer.allocUnsafeSlow(pieceBytes);
    this.#onWait = onWait;
  }

  /** The next bytes, valid until the next call; undefined at the end. */
  next(): Buffer | undefined {
    for (;;) {
      if (this.#waits) while (!waitForInput(this.#fd, lookMs)) this.#onWait();
      const length = this.#read();
      if (length === undefined) continue;
      return length === 0 ? undefined : this.#buffer.subarray(0, length);
    }
  }

  close(): void {
    if (!this.#waits) fs.closeSync(this.#fd);
  }

  // A descriptor shared with a program that made it non-blocking has nothing yet: ask again.
  #read(): number | undefined {
    try {
      return fs.readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
    } catch (error) {
      if (this.#waits && isErrno(error, 'EAGAIN')) return undefined;
      throw error;
    }
  }
}
