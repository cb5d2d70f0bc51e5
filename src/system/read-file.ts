/** Reading one large file piece by piece, synchronously, into a buffer that is used again. */
import { Buffer } from 'node:buffer';
import * as fs from 'node:fs';
import type { HostPath } from '../paths.ts';

export class FileReader {
  readonly #fd: number;
  readonly #buffer: Buffer;

  /** Opens `path`; `pieceBytes` is the most that one `next` returns. */
  constructor(path: HostPath, pieceBytes: number) {
    this.#fd = fs.openSync(path, 'r');
    this.#buffer = Buffer.allocUnsafeSlow(pieceBytes);
  }

  /** The next bytes, valid until the next call; undefined at the end. */
  next(): Buffer | undefined {
    const length = fs.readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
    return length === 0 ? undefined : this.#buffer.subarray(0, length);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}
