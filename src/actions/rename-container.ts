/** Changes a name of a container. */
import type { ActionContext } from './context.ts';
import { storeOf } from './open-store.ts';

/** Throws NOT_FOUND (no such name), USAGE (not a name), CONFLICT (taken), STORAGE. */
export async function renameContainer(context: ActionContext, name: string, newName: string): Promise<void> {
  await storeOf(context).containers.renameName(name, newName);
}
