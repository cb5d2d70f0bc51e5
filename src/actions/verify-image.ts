/** Reads an image of the repository to the last byte and compares it with its digests. Loads the decoders. */
import { createHash } from 'node:crypto';
import { UdockerError } from '../errors.ts';
import { verifyLayers } from '../layers/verify-layers.ts';
import { algorithmOf, hexOf } from '../oci/digest.ts';
import type { StoredImage } from '../store/image-read.ts';
import type { ActionContext } from './context.ts';
import { requireImage } from './find-image.ts';
import { blobEvent, layerOf } from './image-layers.ts';
import { storeOf } from './open-store.ts';

/**
 * Verifies the configuration, and size, digest and diff id of every layer, as far as the image names them. Throws
 * NOT_FOUND, USAGE (no such name is possible), INTEGRITY, INVALID, UNSUPPORTED, STORAGE, INTERRUPTED.
 */
export async function verifyImage(context: ActionContext, text: string): Promise<void> {
  const store = storeOf(context);
  const entry = requireImage(store, text);
  await store.blobs.hold(async () => {
    const image = store.images.read(entry);
    verifyConfiguration(image);
    await verifyLayers({
      layers: image.layers.map(layerOf),
      report: (event) => context.report(blobEvent('verify', event, image)),
      signal: context.signal,
    });
  });
  context.report({ kind: 'info', message: `image ok: ${entry.text}` });
}

/** Text that is not UTF-8 is not what was hashed, and no configuration either. */
function verifyConfiguration({ entry, configText, configDigest }: StoredImage): void {
  if (configDigest === undefined) return;
  const actual = createHash(algorithmOf(configDigest)).update(configText).digest('hex');
  if (actual === hexOf(configDigest)) return;
  throw new UdockerError('INTEGRITY', `verifying ${entry.text}: its configuration is not ${configDigest}`, {
    hint: `remove the image with udocker rmi ${entry.text} and pull it again`,
    details: { expected: configDigest, actual },
  });
}
