/**
 * Walks over bytes that arrive in chunks. A tar is read in blocks of 512 bytes and bodies of any size; the cursor
 * hands out views of the chunk where it can and copies only what straddles two chunks.
 */
import { Buffer } from 'node:buffer';
import { invalid } from './fault.ts';

/** Bytes in pieces; a piece is valid until the next call. undefined at the end. */
export interface ChunkSource {
  next(): Buffer | undefined;
}

/** Takes bytes `start` to `end` of `chunk`, which are valid during the call only. */
export type Sink = (chunk: Buffer, start: number, end: number) => void;

const nothing = Buffer.alloc(0);

export class Cursor {
  readonly #source: ChunkSource;
  #chunk: Buffer = nothing;
  #at = 0;
  #position = 0;

  constructor(source: ChunkSource) {
    this.#source = source;
  }

  /** Bytes passed so far. */
  get position(): number {
    return this.#position;
  }

  /** The next `size` bytes, valid until the next call; undefined at the end. Throws INVALID when cut short. */
  take(size: number): Buffer | undefined {
    if (this.#chunk.length - this.#at < size) return this.#gather(size);
    const start = this.#at;
    this.#at += size;
    this.#position += size;
    return this.#chunk.subarray(start, this.#at);
  }

  /** A copy of the next `size` bytes. Throws INVALID when cut short. */
  copy(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    this.pass(size, (chunk, start, end) => {
      filled += chunk.copy(bytes, filled, start, end);
    });
    return bytes;
  }

  /** Passes the next `size` bytes to `sink`. Throws INVALID when cut short. */
  pass(size: number, sink?: Sink): void {
    for (let left = size; left > 0; ) {
      if (this.#at === this.#chunk.length && !this.#advance())
        throw invalid('the archive ends in the middle of it');
      const start = this.#at;
      const length = Math.min(left, this.#chunk.length - start);
      sink?.(this.#chunk, start, start + length);
      this.#at += length;
      this.#position += length;
      left -= length;
    }
  }

  /** As `pass` without a sink, but the end of the archive is no error: the padding after the last body. */
  skipPadding(size: number): void {
    for (let left = size; left > 0; ) {
      if (this.#at === this.#chunk.length && !this.#advance()) return;
      const length = Math.min(left, this.#chunk.length - this.#at);
      this.#at += length;
      this.#position += length;
      left -= length;
    }
  }

  /** Reads to the end, so that whoever hashes the source sees every byte. */
  drain(): void {
    do this.#position += this.#chunk.length - this.#at;
    while (this.#advance());
  }

  #advance(): boolean {
    const chunk = this.#source.next();
    this.#chunk = chunk ?? nothing;
    this.#at = 0;
    return chunk !== undefined;
  }

  #gather(size: number): Buffer | undefined {
    if (this.#at === this.#chunk.length && !this.#advance()) return undefined;
    return this.copy(size);
  }
}
