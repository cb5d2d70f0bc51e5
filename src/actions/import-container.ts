/** Makes a container without an image: out of the tar of a file system, or of what `export --clone` has written. */
import { parseMode } from '../engines/modes.ts';
import { isUdockerError, UdockerError } from '../errors.ts';
import { applyLayers } from '../layers/apply-layers.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { importedConfig } from '../oci/imported-config.ts';
import type { Platform } from '../oci/platform.ts';
import { formatReference, type ImageReference } from '../oci/reference.ts';
import { type HostPath, under } from '../paths.ts';
import { fakechrootChanges, forgetFakechrootChanges } from '../store/fakechroot-changes.ts';
import { readText, removeFile } from '../system/files.ts';
import { standardInput } from '../system/read-file.ts';
import { ownersFileOf } from './container-places.ts';
import type { ActionContext } from './context.ts';
import { tellOmissions } from './create-container.ts';
import { requireFreeName } from './find-container.ts';
import { hostPlatform } from './host-platform.ts';
import { importSource } from './import-source.ts';
import { storeOf } from './open-store.ts';
import { withReadable } from './readable-archive.ts';
import { restoreTree } from './restore-container.ts';

export interface ImportContainerRequest {
  /** A file, relative to the working directory or absolute; `-` for the standard input. */
  readonly source: string;
  /** The archive is of a whole container. */
  readonly isClone: boolean;
  /** What it is said to have been made from. */
  readonly reference: ImageReference | undefined;
  readonly platform: Platform | undefined;
  readonly name: string | undefined;
  /** The file goes. */
  readonly move: boolean;
}

/**
 * Imports and returns the id. Nothing is left after a failure. Throws NOT_FOUND, USAGE (a bad name), CONFLICT (the name
 * is taken), INVALID (not such an archive), STORAGE, INTERRUPTED.
 */
export async function importContainer(
  context: ActionContext,
  { source, isClone, reference, platform = hostPlatform(), name, move }: ImportContainerRequest,
): Promise<string> {
  const store = storeOf(context);
  const path = importSource(context, source);
  if (name !== undefined) await requireFreeName(store, name);
  const wanted = {
    image: reference === undefined ? 'IMPORTED:unknown' : formatReference(reference),
    configText: importedConfig({ platform, created: Math.floor(Date.now() / 1000) }),
    name,
  };
  const container = await store.containers.create(wanted, async ({ directory, root }) => {
    const report = await store.blobs.hold(() =>
      withReadable(context, store, path, (readable) =>
        applyLayers({
          layers: [{ path: readable }],
          root,
          ownersFile: ownersFileOf(directory),
          signal: context.signal,
          // Waiting for input must not keep the user from breaking it off.
          ...(path === standardInput ? { work: 'threads' } : {}),
          ...(isClone ? { partsDirectory: directory } : {}),
        }),
      ),
    );
    if (report.entries === 0)
      throw new UdockerError('INVALID', `importing ${source}: there is nothing in it`);
    if (isClone) {
      checkParts(context, directory, source);
      await makePlain(context, { id: source, directory, root });
    }
    tellOmissions(context, report);
  });
  if (move && path !== standardInput) removeFile(path);
  return container.id;
}

/** A clone that the first udocker has exported in one of its F modes. */
async function makePlain(
  context: ActionContext,
  container: { readonly id: string; readonly directory: HostPath; readonly root: HostPath },
): Promise<void> {
  const changes = fakechrootChanges(container);
  if (changes === undefined) return;
  await restoreTree(context, container, changes);
  forgetFakechrootChanges(container);
}

/** What came in the archive of a container must be what later commands can read. */
function checkParts({ report }: ActionContext, directory: HostPath, source: string): void {
  parseImageConfig(readText(under(directory, 'container.json')) ?? '', `in ${source}`);
  const modeFile = under(directory, 'execmode');
  const mode = readText(modeFile)?.trim();
  if (mode === undefined) return;
  try {
    parseMode(mode);
    return;
  } catch (error) {
    if (!isUdockerError(error, 'USAGE')) throw error;
    report({ kind: 'warning', message: `its execution mode is left out: ${error.message}` });
  }
  removeFile(modeFile);
}
