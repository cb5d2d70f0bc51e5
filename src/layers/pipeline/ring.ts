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
/** Words of the header: chunks written and given back so far; then three tables, one word per slot each. */
const written = 0;
const returned = 1;
const tables = 16;
const failed = -1;
/** How often a waiting thread looks whether the work was cancelled. */
const lookMs = 100;

export class Ring {
  readonly #control: Int32Array;
  readonly #slots: readonly Buffer[];
  /** By position in the queue: how many bytes, and in which slot. By slot: is it in use. */
  readonly #lengths: Int32Array;
  readonly #order: Int32Array;
  readonly #inUse: Int32Array;
  readonly #cancelled: () => boolean;
  #mine = 0;
  #reserved = 0;
  #holding = false;

  /** Shared memory for `slots` chunks. */
  static memory(slots: number): SharedArrayBuffer {
    if (tables + 3 * slots > headerBytes / 4) throw new RangeError(`a ring of ${slots} slots`);
    return new SharedArrayBuffer(headerBytes + slots * slotBytes);
  }

  constructor(memory: SharedArrayBuffer, cancelled: () => boolean) {
    this.#control = new Int32Array(memory, 0, headerBytes / 4);
    const count = (memory.byteLength - headerBytes) / slotBytes;
    this.#slots = Array.from({ length: count }, (_, slot) =>
      Buffer.from(memory, headerBytes + slot * slotBytes, slotBytes),
    );
    const table = (at: number): Int32Array =>
      this.#control.subarray(tables + at * count, tables + (at + 1) * count);
    this.#lengths = table(0);
    this.#order = table(1);
    this.#inUse = table(2);
    this.#cancelled = cancelled;
  }

  /** Producer: the next free slot; waits for one. Throws INTERRUPTED when cancelled. */
  reserve(): Buffer {
    let seen = Atomics.load(this.#control, returned);
    while (this.#mine - seen === this.#slots.length) {
      this.#wait(returned, seen);
      seen = Atomics.load(this.#control, returned);
    }
    // The lowest free slot, not the next: while the consumer keeps up, few slots go round and stay in the cache.
    this.#reserved = 0;
    while (Atomics.load(this.#inUse, this.#reserved) !== 0) this.#reserved += 1;
    return this.#slot(this.#reserved);
  }

  /** Producer: hands over `length` bytes of the slot last reserved; 0 ends a layer. */
  commit(length: number): void {
    this.#lengths[this.#position] = length;
    this.#order[this.#position] = this.#reserved;
    Atomics.store(this.#inUse, this.#reserved, 1);
    this.#mine += 1;
    Atomics.store(this.#control, written, this.#mine);
    Atomics.notify(this.#control, written);
  }

  /** Producer: ends a layer with an error. */
  fail(error: unknown): void {
    this.commit(failed - encodeError(error, this.reserve()));
  }

  /** Consumer: the next chunk, valid until the next call; undefined at the end of a layer. Throws its error. */
  next(): Buffer | undefined {
    this.release();
    while (Atomics.load(this.#control, written) === this.#mine) this.#wait(written, this.#mine);
    this.#holding = true;
    const length = this.#lengths[this.#position] ?? 0;
    const slot = this.#slot(this.#order[this.#position] ?? 0);
    if (length > 0) return slot.subarray(0, length);
    const error = length === 0 ? undefined : decodeError(slot.subarray(0, failed - length));
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
    Atomics.store(this.#inUse, this.#order[this.#position] ?? 0, 0);
    this.#mine += 1;
    Atomics.store(this.#control, returned, this.#mine);
    const waiting = Atomics.load(this.#control, written) - this.#mine;
    if (waiting === this.#slots.length >> 1) Atomics.notify(this.#control, returned);
  }

  get #position(): number {
    return this.#mine % this.#slots.length;
  }

  #slot(number: number): Buffer {
    const slot = this.#slots[number];
    if (slot === undefined) throw new RangeError(`a ring without slot ${number}`);
    return slot;
  }

  #wait(position: number, seen: number): void {
    if (this.#cancelled()) throw new UdockerError('INTERRUPTED', 'the work was cancelled');
    Atomics.wait(this.#control, position, seen, lookMs);
  }
}
