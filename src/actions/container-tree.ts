/** The tree of a container to be read as a whole, and what is to be said about that. */
import type { Omissions, TreeSource } from '../layers/survey/source.ts';
import type { Container } from '../store/container-entry.ts';
import type { Store } from '../store/store.ts';
import { ownersFileOf, stateOf } from './container-places.ts';
import type { ActionContext } from './context.ts';

/** Where the tree is, and what belongs to it. */
export function treeSourceOf(store: Store, container: Container): TreeSource {
  const { directory, root } = container;
  const changes = store.containers.fakechrootChanges(container);
  return {
    root,
    owners: ownersFileOf(directory),
    state: stateOf(directory),
    ...(changes === undefined ? {} : { linkPrefix: changes.links }),
  };
}

/** Does `work` while nobody can remove the container, and says what of its state makes the result doubtful. */
export async function whileThere<T>(
  context: ActionContext,
  store: Store,
  container: Container,
  work: () => Promise<T>,
): Promise<T> {
  const { id } = container;
  const running = store.containers.isRunning(container);
  const lock = store.containers.lockForRun(container);
  try {
    if (running)
      context.report({
        kind: 'warning',
        message: `${id} is running: what it changes meanwhile may be missing`,
      });
    return await work();
  } finally {
    lock?.release();
  }
}

/** What of a tree could not be taken along. */
export function tellOmitted(
  { report }: ActionContext,
  { sockets, devices, attributes, changed }: Omissions,
): void {
  const omitted = [
    [sockets, 'sockets, which live with their programs only'],
    [devices, 'device nodes, which only root can make'],
    [attributes, 'extended attributes, which this file system does not take'],
  ] as const;
  for (const [count, what] of omitted) {
    if (count > 0) report({ kind: 'info', message: `left out: ${count} ${what}` });
  }
  if (changed > 0)
    report({ kind: 'warning', message: `${changed} files were changing while they were read` });
}
