/**
 * Decompression that is pulled: the caller gives the buffer, and it is filled as far as there is data. Pulling
 * keeps memory bounded and lets the result land where it is used, in memory shared between threads.
 */
import type { Buffer } from 'node:buffer';
import type { Format } from './format.ts';
import { InflateHandle } from './inflate-handle.ts';

export interface Decoder {
  /** Fills `target`; returns the bytes written, fewer than its length only at the end. Throws INVALID. */
  fill(target: Buffer): number;
  close(): void;
}

/** The next piece of compressed data, valid until the next call; undefined at the end. */
export type Pull = () => Buffer | undefined;

/** A decoder for data in `format`. Only where `handlesWork()`. */
export function openDecoder(format: Format, pull: Pull): Decoder {
  return format === 'plain' ? new Plain(pull) : new InflateHandle(format, pull);
}

class Plain implements Decoder {
  readonly #pull: Pull;
  #piece: Buffer | undefined;
  #at = 0;

  constructor(pull: Pull) {
    this.#pull = pull;
  }

  fill(target: Buffer): number {
    let filled = 0;
    while (filled < target.length) {
      if (this.#piece === undefined || this.#at === this.#piece.length) {
        this.#piece = this.#pull();
        this.#at = 0;
        if (this.#piece === undefined) break;
      }
      const copied = this.#piece.copy(target, filled, this.#at);
      this.#at += copied;
      filled += copied;
    }
    return filled;
  }

  close(): void {}
}
