/** Which decoder serves which format. */
import type { Buffer } from 'node:buffer';
import type { Decoder, Pull } from './decoder.ts';
import type { Format } from './format.ts';
import { InflateHandle } from './inflate-handle.ts';

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
