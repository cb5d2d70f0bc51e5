/**
 * One pass over a layer blob: read, hash, decompress, hash again. The tar is pulled into buffers of the caller; when
 * there is no more, both sums have been compared.
 */
import type { Buffer } from 'node:buffer';
import { isUdockerError } from '../../errors.ts';
import { FileReader } from '../../system/read-file.ts';
import type { Layer } from '../layer.ts';
import { BlobCheck } from './blob-check.ts';
import type { Decoder } from './decoder.ts';
import { refuseEncrypted } from './encrypted.ts';
import { formatOf } from './format.ts';
import { openDecoder } from './open-decoder.ts';

/** Small enough to stay in the cache between reading, hashing and decompressing. */
const pieceBytes = 256 * 1024;

export class LayerReader {
  readonly #file: FileReader;
  readonly #check: BlobCheck;
  readonly #onProgress: (blobBytes: number) => void;
  #decoder: Decoder | undefined;
  #ended = false;

  /**
   * Opens the blob; `onProgress` hears how many bytes of it have been read, also while none arrive, and may throw. Only
   * where `handlesWork()`.
   */
  constructor(layer: Layer, onProgress: (blobBytes: number) => void = () => {}) {
    refuseEncrypted(layer);
    this.#check = new BlobCheck(layer);
    this.#onProgress = onProgress;
    this.#file = new FileReader(layer.path, pieceBytes, () => onProgress(this.#check.blobBytes));
  }

  /**
   * Fills `target` with the next bytes of the tar; fewer than its length only at the end. Throws INTEGRITY when a
   * sum is wrong, INVALID when the data is damaged although its sum is right.
   */
  fill(target: Buffer): number {
    if (this.#ended) return 0;
    const length = this.#fill(target);
    if (length > 0) this.#check.passTar(target.subarray(0, length));
    if (length < target.length) this.#finish();
    return length;
  }

  close(): void {
    this.#decoder?.close();
    this.#file.close();
  }

  // A damaged blob often fails to decompress; that its digest is wrong is then the better message.
  #fill(target: Buffer): number {
    try {
      this.#decoder ??= this.#open();
      return this.#decoder.fill(target);
    } catch (error) {
      if (isUdockerError(error)) this.#finishBlob();
      throw error;
    }
  }

  #open(): Decoder {
    let first = this.#pull();
    const format = first === undefined ? 'plain' : formatOf(first);
    return openDecoder(format, () => {
      const piece = first ?? this.#pull();
      first = undefined;
      return piece;
    });
  }

  #pull(): Buffer | undefined {
    const piece = this.#file.next();
    if (piece !== undefined) this.#check.passBlob(piece);
    this.#onProgress(this.#check.blobBytes);
    return piece;
  }

  #finish(): void {
    this.#ended = true;
    this.#finishBlob();
    this.#check.finishTar();
  }

  #finishBlob(): void {
    while (this.#pull() !== undefined);
    this.#check.finishBlob();
  }
}
