/** Gives a container one more name. */
import type { ActionContext } from './context.ts';
import { requireContainer } from './find-container.ts';
import { storeOf } from './open-store.ts';

/** Throws NOT_FOUND, USAGE (not a name), CONFLICT (taken), STORAGE. */
export async function nameContainer(context: ActionContext, idOrName: string, name: string): Promise<void> {
  const store = storeOf(context);
  await store.containers.addName(requireContainer(store, idOrName), name);
}
