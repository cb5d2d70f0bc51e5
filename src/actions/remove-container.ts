/** Removes one container. */
import type { ActionContext } from './context.ts';
import { requireContainer } from './find-container.ts';
import { storeOf } from './open-store.ts';

export interface RemoveContainerOptions {
  /** Also when it runs; and nothing happens when it does not exist. */
  readonly force: boolean;
}

/** Throws NOT_FOUND (without force), CONFLICT (protected; running, without force), STORAGE. */
export async function removeContainer(
  context: ActionContext,
  idOrName: string,
  { force }: RemoveContainerOptions,
): Promise<void> {
  const store = storeOf(context);
  const found = store.containers.find(idOrName);
  if (found === undefined && force) return;
  const container = found ?? requireContainer(store, idOrName);
  context.report({ kind: 'info', message: `deleting container: ${container.id}` });
  await store.containers.remove(container, { force });
}
