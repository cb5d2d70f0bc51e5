/** Makes a new container that is like another one in all but its id, its names and its protection. */
import { copyContainerTree } from '../layers/container-tree.ts';
import { under } from '../paths.ts';
import { touch } from '../system/directory-entries.ts';
import { ownersFileOf } from './container-places.ts';
import { tellOmitted, treeSourceOf, whileThere } from './container-tree.ts';
import type { ActionContext } from './context.ts';
import { requireContainer, requireFreeName } from './find-container.ts';
import { storeOf } from './open-store.ts';
import { restoreTree } from './restore-container.ts';

/**
 * Copies the container and returns the id of the copy. Nothing is left after a failure. Throws NOT_FOUND, USAGE (a bad
 * name), CONFLICT (the name is taken), INVALID (it has no configuration), STORAGE, INTERRUPTED.
 */
export async function cloneContainer(
  context: ActionContext,
  idOrName: string,
  name: string | undefined,
): Promise<string> {
  const store = storeOf(context);
  const container = requireContainer(store, idOrName);
  if (name !== undefined) await requireFreeName(store, name);
  return whileThere(context, store, container, async () => {
    const wanted = {
      image: container.image,
      configText: store.containers.configText(container),
      name,
      executionMode: store.containers.executionMode(container),
    };
    const copy = await store.containers.create(wanted, async ({ directory, root }) => {
      const omitted = await copyContainerTree({
        name: container.id,
        source: treeSourceOf(store, container),
        root,
        ownersFile: ownersFileOf(directory),
        signal: context.signal,
      });
      tellOmitted(context, omitted);
      // What the first udocker changes for its F modes is not in the copy.
      const changes = store.containers.fakechrootChanges(container);
      if (changes !== undefined) await restoreTree(context, { id: container.id, root }, changes);
      if (store.containers.hasNvidiaDriver(container)) touch(under(directory, 'nvidia'));
    });
    return copy.id;
  });
}
