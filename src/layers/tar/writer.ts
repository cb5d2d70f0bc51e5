/** Writes a tar archive as a stream: headers and small bodies are gathered, large ones pass through. */
import { Buffer } from 'node:buffer';
import type { Sink } from './cursor.ts';
import { blockBytes } from './header.ts';
import { headerBlocks, type NewEntry, paddingOf } from './header-block.ts';

const gatherBytes = 256 * 1024;
/** GNU tar's record of 20 blocks. */
const recordBytes = 20 * blockBytes;
const zeros = Buffer.alloc(64 * 1024);

export class TarWriter {
  readonly #sink: Sink;
  readonly #gathered = Buffer.allocUnsafeSlow(gatherBytes);
  #filled = 0;
  #written = 0;
  #bodyLeft = 0;
  #padding = 0;

  /** `sink` takes the archive; errors of its are thrown by whatever call they happen in. */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Begins an entry; `entry.size` bytes of body are to follow. */
  entry(entry: NewEntry): void {
    this.finishBody();
    const blocks = headerBlocks(entry);
    this.#put(blocks, 0, blocks.length);
    this.#bodyLeft = entry.size;
    this.#padding = paddingOf(entry.size);
  }

  /** A file of which all is in memory. */
  file(entry: Omit<NewEntry, 'kind' | 'size'>, content: Buffer): void {
    this.entry({ ...entry, kind: 'file', size: content.length });
    this.body(content, 0, content.length);
  }

  /** Appends to the body; what goes beyond the announced size is dropped. Returns how much was taken. */
  body(chunk: Buffer, start: number, end: number): number {
    const length = Math.min(end - start, this.#bodyLeft);
    this.#put(chunk, start, start + length);
    this.#bodyLeft -= length;
    return length;
  }

  /** Completes the body with zeros, and its last block. Returns how much of the body was missing. */
  finishBody(): number {
    const missing = this.#bodyLeft;
    this.#zeros(missing + this.#padding);
    this.#bodyLeft = 0;
    this.#padding = 0;
    return missing;
  }

  /** Ends the archive and hands over the rest of it. */
  end(): void {
    this.finishBody();
    this.#zeros(2 * blockBytes);
    this.#zeros((recordBytes - (this.#written % recordBytes)) % recordBytes);
    this.#flush();
  }

  #zeros(count: number): void {
    for (let left = count; left > 0; left -= zeros.length) this.#put(zeros, 0, Math.min(left, zeros.length));
  }

  #put(chunk: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#written += length;
    if (this.#filled + length > gatherBytes) this.#flush();
    if (length > gatherBytes / 2) {
      this.#flush();
      this.#sink(chunk, start, end);
    } else this.#filled += chunk.copy(this.#gathered, this.#filled, start, end);
  }

  #flush(): void {
    if (this.#filled > 0) this.#sink(this.#gathered, 0, this.#filled);
    this.#filled = 0;
  }
}
