/** Gives an image one more name; both share the same blobs. */
import type { ImageReference } from '../oci/reference.ts';
import type { ActionContext } from './context.ts';
import { requireImage } from './find-image.ts';
import { storeOf } from './open-store.ts';

/** Throws NOT_FOUND, USAGE (no such name is possible), CONFLICT (the new name is taken), STORAGE. */
export async function tagImage(context: ActionContext, image: string, as: ImageReference): Promise<void> {
  const store = storeOf(context);
  await store.images.tag(requireImage(store, image).text, as);
}
