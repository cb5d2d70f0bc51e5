/**
 * Which paths the layer being applied has put in place. Whiteouts remove the content of lower layers only, whatever
 * the order of entries, so they must know. Source: OCI image spec, layer.md, "Whiteouts".
 */
import type { ByteString } from '../../system/byte-string.ts';
import { parentPath } from './entry-path.ts';

export class Touched {
  readonly #paths = new Set<ByteString>();

  /** `path` and all directories above it belong to this layer. */
  add(path: ByteString): void {
    for (let at = path; !this.#paths.has(at); at = parentPath(at)) {
      this.#paths.add(at);
      if (at === '') return;
    }
  }

  has(path: ByteString): boolean {
    return this.#paths.has(path);
  }
}
