/** A source of blobs that need not be fetched. */
import type { BlobSource } from '../oci/descriptor.ts';

/** The source of one blob whose bytes are here already. */
export function inMemory(bytes: Uint8Array): BlobSource {
  return {
    open: async (_blob, offset = 0) =>
      (async function* () {
        yield bytes.slice(offset);
      })(),
  };
}
