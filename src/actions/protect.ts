/** Marks a container or an image as not to be deleted, or takes the mark away. */
import type { ActionContext } from './context.ts';
import { nothingCalled } from './nothing-called.ts';
import { storeOf } from './open-store.ts';

/**
 * Protects, or with `protect: false` unprotects, the container with that id or name, else the image with that name.
 * Nothing happens when it is so already. Throws NOT_FOUND, STORAGE.
 */
export function setProtection(context: ActionContext, target: string, protect: boolean): void {
  const { containers, images } = storeOf(context);
  const container = containers.find(target);
  if (container !== undefined) {
    if (protect) containers.protect(container);
    else containers.unprotect(container);
    return;
  }
  if (images.find(target) === undefined) throw nothingCalled(target);
  if (protect) images.protect(target);
  else images.unprotect(target);
}
