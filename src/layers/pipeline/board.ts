/**
 * What the threads of one `applyLayers` tell each other without messages: is the work cancelled, which layer comes
 * next, which thread has taken which layer, how far each layer has been read.
 */
import { UdockerError } from '../../errors.ts';

const cancelFlag = 0;
const nextLayer = 1;
const takers = 2;
const lookMs = 100;

export class Board {
  readonly #words: Int32Array;
  readonly #progress: Float64Array;

  /** Shared memory for the board of `layers` layers. */
  static memory(layers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(8 * layers + 4 * (takers + layers));
  }

  constructor(readonly memory: SharedArrayBuffer) {
    const layers = Math.floor((memory.byteLength - 4 * takers) / 12);
    this.#progress = new Float64Array(memory, 0, layers);
    this.#words = new Int32Array(memory, 8 * layers);
  }

  get cancelled(): boolean {
    return Atomics.load(this.#words, cancelFlag) !== 0;
  }

  cancel(): void {
    Atomics.store(this.#words, cancelFlag, 1);
  }

  /** Decompressor number `taker` takes the next layer; undefined when all are taken. */
  take(taker: number): number | undefined {
    const layer = Atomics.add(this.#words, nextLayer, 1);
    if (layer >= this.#progress.length) return undefined;
    Atomics.store(this.#words, takers + layer, taker + 1);
    Atomics.notify(this.#words, takers + layer);
    return layer;
  }

  /** Waits until some decompressor has taken `layer` and returns its number. Throws INTERRUPTED when cancelled. */
  takerOf(layer: number): number {
    for (;;) {
      const taker = Atomics.load(this.#words, takers + layer);
      if (taker > 0) return taker - 1;
      if (this.cancelled) throw new UdockerError('INTERRUPTED', 'the work was cancelled');
      Atomics.wait(this.#words, takers + layer, 0, lookMs);
    }
  }

  /** `bytes` of the blob of `layer` have been read. A torn read by another thread shows a wrong progress once. */
  setProgress(layer: number, bytes: number): void {
    this.#progress[layer] = bytes;
  }

  progressOf(layer: number): number {
    return this.#progress[layer] ?? 0;
  }
}
