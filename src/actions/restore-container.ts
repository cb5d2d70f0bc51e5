/** Containers that the first udocker has changed for its F modes are made plain again before anything else runs them. */
import { UdockerError } from '../errors.ts';
import { restoreContainerTree } from '../layers/container-tree.ts';
import type { Restored } from '../layers/survey/restore-tree.ts';
import type { HostPath } from '../paths.ts';
import { resolveGuestPath } from '../run/guest-path.ts';
import type { Container } from '../store/container-entry.ts';
import type { FakechrootChanges } from '../store/fakechroot-changes.ts';
import type { Store } from '../store/store.ts';
import { readBytes, stat, writeFileAtomically } from '../system/files.ts';
import { hostFiles } from '../system/host.ts';
import type { ActionContext } from './context.ts';

/**
 * Takes back what was changed; does nothing where there is nothing. Nobody else may be using the container: hold its
 * lock. Throws UNSUPPORTED when its tree cannot be written, STORAGE, INTERRUPTED; the next try goes on then.
 */
export async function restoreContainer(
  context: ActionContext,
  store: Store,
  container: Container,
): Promise<void> {
  const { containers } = store;
  const changes = containers.fakechrootChanges(container);
  if (changes === undefined) return;
  const { id, root } = container;
  if (containers.rootState(container) !== 'writable') {
    throw new UdockerError(
      'UNSUPPORTED',
      `the files of ${id} were changed by udocker 1 for the mode ${containers.executionMode(container) ?? 'F3'}, and cannot be put back: ${root} cannot be written`,
      { hint: `make a copy of your own: udocker clone --name=NAME ${id}` },
    );
  }
  const { links, programs } = await restoreTree(context, container, changes);
  containers.forgetFakechrootChanges(container);
  const message = `put back in ${id} what udocker 1 had changed for its F modes: ${links} links, ${programs} programs and libraries`;
  context.report({ kind: 'info', message });
}

/** The same for a tree alone, such as a copy. */
export async function restoreTree(
  { signal }: ActionContext,
  { id, root }: Pick<Container, 'id' | 'root'>,
  changes: FakechrootChanges,
): Promise<Restored> {
  const restored = await restoreContainerTree({ name: id, root, changedFor: changes, signal });
  if (changes.loader !== undefined) restoreLoader(root, changes.loader);
  return restored;
}

function restoreLoader(root: HostPath, { path, original }: NonNullable<FakechrootChanges['loader']>): void {
  const found = resolveGuestPath({ root, mounts: [], files: hostFiles }, path);
  const content = readBytes(original);
  if (found.kind !== 'found' || found.entry.kind !== 'file' || content === undefined) return;
  writeFileAtomically(found.host, content, (stat(found.host)?.mode ?? 0o755) & 0o7777);
}
