/**
 * A bounded queue of chunks between two threads, in shared memory: the decompressor writes straight into a slot and
 * the extractor reads straight from it. When all slots are full the producer waits, which bounds the memory of any
 * layer. One producer, one consumer. A layer ends with an empty chunk or with an error.
 */
import { Buffer } from 'node:buffer';
import { UdockerError } from '../../errors.ts';
import { decodeError, encodeError } from './error-text.ts';

export const slotBytes = 256 * 1024;
const headerBytes = 4096;
/** Positions in the header: slots written and slots given back so far, then what each slot holds. */
const written = 0;
const returned = 1;
const lengths = 16;
const failed = -1;
/** How often a waiting thread looks whether the work was cancelled. */
const lookMs = 100;

export class Ring {
  readonly #control: Int32Array;
  readonly #slots: readonly Buffer[];
  readonly #cancelled: () => boolean;
  #mine = 0;
  #holding = false;

  /** Shared memory for `slots` chunks. */
  static memory(slots: number): SharedArrayBuffer {
    if (lengths + slots > headerBytes / 4) throw new RangeError(`a ring of ${slots} slots`);
    return new SharedArrayBuffer(headerBytes + slots * slotBytes);
  }

  constructor(memory: SharedArrayBuffer, cancelled: () => boolean) {
    this.#control = new Int32Array(memory, 0, headerBytes / 4);
    const count = (memory.byteLength - headerBytes) / slotBytes;
    this.#slots = Array.from({ length: count }, (_, slot) =>
      Buffer.from(memory, headerBytes + slot * slotBytes, slotBytes),
    );
    this.#cancelled = cancelled;
  }

  /** Producer: the next free slot; waits for one. Throws INTERRUPTED when cancelled. */
  reserve(): Buffer {
    let seen = Atomics.load(this.#control, returned);
    while (this.#mine - seen === this.#slots.length) {
      this.#wait(returned, seen);
      seen = Atomics.load(this.#control, returned);
    }
    return this.#slot();
  }

  /** Producer: hands over `length` bytes of the slot last reserved; 0 ends a layer. */
  commit(length: number): void {
    this.#control[lengths + (this.#mine % this.#slots.length)] = length;
    this.#mine += 1;
    this.#announce(written, this.#mine);
  }

  /** Producer: ends a layer with an error. */
  fail(error: unknown): void {
    const length = encodeError(error, this.reserve());
    this.#control[lengths + (this.#mine % this.#slots.length)] = failed - length;
    this.#mine += 1;
    this.#announce(written, this.#mine);
  }

  /** Consumer: the next chunk, valid until the next call; undefined at the end of a layer. Throws its error. */
  next(): Buffer | undefined {
    this.release();
    while (Atomics.load(this.#control, written) === this.#mine) this.#wait(written, this.#mine);
    this.#holding = true;
    const length = this.#control[lengths + (this.#mine % this.#slots.length)] ?? 0;
    if (length > 0) return this.#slot().subarray(0, length);
    const error = length === 0 ? undefined : decodeError(this.#slot().subarray(0, failed - length));
    this.release();
    if (error !== undefined) throw error;
    return undefined;
  }

  /** Consumer: the next layer in the ring, which stays at its end once it has ended or failed. */
  layer(): { next(): Buffer | undefined } {
    let ended = false;
    return {
      next: () => {
        if (ended) return undefined;
        ended = true; // also when the next line throws
        const chunk = this.next();
        ended = chunk === undefined;
        return chunk;
      },
    };
  }

  /**
   * Consumer: gives the chunk last received back. A producer that found the ring full is woken when it is half empty,
   * since waking it for every slot costs a switch of threads each time; on its way down the count passes the half.
   */
  release(): void {
    if (!this.#holding) return;
    this.#holding = false;
    this.#mine += 1;
    Atomics.store(this.#control, returned, this.#mine);
    const waiting = Atomics.load(this.#control, written) - this.#mine;
    if (waiting === this.#slots.length >> 1) Atomics.notify(this.#control, returned);
  }

  #slot(): Buffer {
    const slot = this.#slots[this.#mine % this.#slots.length];
    if (slot === undefined) throw new RangeError('a ring without slots');
    return slot;
  }

  #announce(position: number, value: number): void {
    Atomics.store(this.#control, position, value);
    Atomics.notify(this.#control, position);
  }

  #wait(position: number, seen: number): void {
    if (this.#cancelled()) throw new UdockerError('INTERRUPTED', 'the work was cancelled');
    Atomics.wait(this.#control, position, seen, lookMs);
  }
}
