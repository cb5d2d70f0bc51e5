/** Removes one image from the repository. */
import type { ActionContext } from './context.ts';
import { requireImage } from './find-image.ts';
import { storeOf } from './open-store.ts';

export interface RemoveImageOptions {
  /** Nothing happens when it does not exist. */
  readonly force: boolean;
}

/** How long an interrupted pull may be continued before a removal takes what it had fetched: a day. */
const patienceMs = 24 * 60 * 60 * 1000;

/**
 * Frees what only this image used, and what pulls that nobody continued have left. Throws NOT_FOUND
 * (without force), USAGE (no such name is possible), CONFLICT (protected), STORAGE.
 */
export async function removeImage(
  context: ActionContext,
  text: string,
  { force }: RemoveImageOptions,
): Promise<void> {
  const store = storeOf(context);
  if (force && store.images.find(text) === undefined) return;
  const { text: name } = requireImage(store, text, 'remove');
  context.report({ kind: 'info', message: `deleting image: ${name}` });
  await store.images.remove(name);
  const { count, bytes } = store.blobs.removeAbandoned(Date.now() - patienceMs);
  if (count > 0) {
    context.report({ kind: 'debug', message: `freed ${count} abandoned downloads, ${bytes} bytes` });
  }
}
