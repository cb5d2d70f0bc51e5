/** Writes a container as an archive: its files for every program, or all of it for another udocker. */
import { exportContainerTree } from '../layers/container-tree.ts';
import type { ExportForm } from '../layers/survey/export-form.ts';
import { hostPath } from '../paths.ts';
import type { Container } from '../store/container-entry.ts';
import type { Store } from '../store/store.ts';
import { standardOutput } from '../system/output-file.ts';
import { tellOmitted, treeSourceOf, whileThere } from './container-tree.ts';
import type { ActionContext } from './context.ts';
import { requireContainer } from './find-container.ts';
import { storeOf } from './open-store.ts';

export interface ExportRequest {
  /** A file, relative to the working directory or absolute, replaced if it exists; `-` for the standard output. */
  readonly output: string;
  /** With its configuration, names of image and mode, for `import --clone`. */
  readonly asClone: boolean;
}

/** Exports. No half of a file is left after a failure. Throws NOT_FOUND, INVALID, STORAGE, INTERRUPTED. */
export async function exportContainer(
  context: ActionContext,
  idOrName: string,
  { output, asClone }: ExportRequest,
): Promise<void> {
  const store = storeOf(context);
  const container = requireContainer(store, idOrName);
  const path = output === '-' ? standardOutput : hostPath(output, context.user.cwd);
  if (path !== standardOutput) context.report({ kind: 'info', message: `exporting to file ${output}` });
  const changes = store.containers.fakechrootChanges(container);
  if (changes?.programs !== undefined) tellChangedPrograms(context, container);
  await whileThere(context, store, container, async () => {
    const omitted = await exportContainerTree({
      name: container.id,
      source: treeSourceOf(store, container),
      output: path,
      form: asClone ? cloneForm(store, container, changes === undefined) : { kind: 'tree' },
      signal: context.signal,
    });
    tellOmitted(context, omitted);
  });
}

/** Links are written as the container means them; programs are as they are. */
function tellChangedPrograms({ report }: ActionContext, container: Container): void {
  const message = `the programs of ${container.id} were changed by udocker 1 for its F modes, and stay so; to avoid it, export a clone`;
  report({ kind: 'warning', message });
}

/** Under the names that every udocker gives them. What was changed for a mode of the first udocker is of no use in it. */
function cloneForm(store: Store, container: Container, isPlain: boolean): ExportForm {
  const mode = isPlain ? store.containers.executionMode(container) : undefined;
  return {
    kind: 'container',
    files: [
      { name: 'container.json', text: store.containers.configText(container) },
      { name: 'imagerepo.name', text: container.image },
      ...(mode === undefined ? [] : [{ name: 'execmode', text: mode }]),
    ],
  };
}
