/** Takes a name away from a container. */
import type { ActionContext } from './context.ts';
import { storeOf } from './open-store.ts';

/** Throws NOT_FOUND (no such name), STORAGE. */
export async function removeContainerName(context: ActionContext, name: string): Promise<void> {
  await storeOf(context).containers.removeName(name);
  context.report({ kind: 'info', message: `container name: ${name} removed.` });
}
