/** The tree of a container to be read as a whole, and what is to be said about that. */
import type { Omissions, TreeSource } from '../layers/survey/source.ts';
import { under } from '../paths.ts';
import type { Container } from '../store/container-entry.ts';
import type { Store } from '../store/store.ts';
import { readText } from '../system/files.ts';
import { ownersFileOf, stateOf } from './container-places.ts';
import type { ActionContext } from './context.ts';

/** Where the tree is, and what belongs to it. */
export function treeSourceOf(store: Store, container: Container): TreeSource {
  const { directory, root } = container;
  const isPatched = store.containers.executionMode(container)?.startsWith('F') === true;
  return {
    root,
    owners: ownersFileOf(directory),
    state: stateOf(directory),
    ...(isPatched ? { linkPrefix: readText(under(directory, 'root.path'))?.trim() ?? root } : {}),
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
    const mode = store.containers.executionMode(container);
    if (/^F[2-4]/.test(mode ?? '')) {
      const message = `the programs of ${id} were changed by udocker 1 for the mode ${mode}, and stay so; to avoid it, set it to P1 there first`;
      context.report({ kind: 'warning', message });
    }
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
