/**
 * The two sums of a layer: sha256 of the blob as transferred, against its descriptor, and of the tar inside, against
 * its diff id. Every byte passes here once; a layer that does not match fails at its end, so nobody can forget.
 */
import type { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { UdockerError } from '../../errors.ts';
import { algorithmOf, type DiffId, type Digest, hexOf } from '../../oci/digest.ts';
import type { Layer } from '../layer.ts';

export class BlobCheck {
  readonly #layer: Layer;
  readonly #blob: Hash | undefined;
  readonly #tar: Hash | undefined;
  #blobBytes = 0;

  constructor(layer: Layer) {
    this.#layer = layer;
    this.#blob = hashFor(layer.descriptor?.digest);
    this.#tar = hashFor(layer.diffId);
  }

  get blobBytes(): number {
    return this.#blobBytes;
  }

  passBlob(bytes: Buffer): void {
    this.#blob?.update(bytes);
    this.#blobBytes += bytes.length;
  }

  passTar(bytes: Buffer): void {
    this.#tar?.update(bytes);
  }

  /** To be called when the whole blob has passed. Throws INTEGRITY naming what was expected and found. */
  finishBlob(): void {
    const descriptor = this.#layer.descriptor;
    if (descriptor === undefined) return;
    if (descriptor.size !== this.#blobBytes) {
      throw mismatch('the blob has a wrong size', descriptor.size, this.#blobBytes);
    }
    compare('the blob does not have its digest', descriptor.digest, this.#blob);
  }

  /** To be called when the whole tar has passed. Throws INTEGRITY. */
  finishTar(): void {
    if (this.#layer.diffId !== undefined)
      compare('the tar does not have its diff id', this.#layer.diffId, this.#tar);
  }
}

function hashFor(digest: Digest | DiffId | undefined): Hash | undefined {
  return digest === undefined ? undefined : createHash(algorithmOf(digest));
}

function compare(what: string, expected: Digest | DiffId, hash: Hash | undefined): void {
  const found = hash?.digest('hex');
  if (found !== hexOf(expected)) throw mismatch(what, expected, `${algorithmOf(expected)}:${found}`);
}

function mismatch(what: string, expected: string | number, found: string | number): UdockerError {
  return new UdockerError('INTEGRITY', `${what}: expected ${expected}, found ${found}`, {
    hint: 'the copy on this disk is damaged or was changed: remove the image and pull it again',
    details: { expected, found },
  });
}
