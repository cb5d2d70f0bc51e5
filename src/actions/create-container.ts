/** Makes a container out of an image of the repository. Loads the extractor. */

import { applyLayers } from '../layers/apply-layers.ts';
import type { LayerReport } from '../layers/layer.ts';
import { ownersFileOf } from './container-places.ts';
import type { ActionContext } from './context.ts';
import { requireFreeName } from './find-container.ts';
import { requireImage } from './find-image.ts';
import { blobEvent, layerOf } from './image-layers.ts';
import { storeOf } from './open-store.ts';

export interface CreateRequest {
  readonly name?: string | undefined;
  /** A name that is taken goes over to the new container, once that is complete. */
  readonly force?: boolean;
}

/**
 * Extracts the image called `image` into a new container and returns its id. Nothing is left after a failure.
 * Throws NOT_FOUND, USAGE (a bad name), CONFLICT (the name is taken), INTEGRITY, INVALID, UNSUPPORTED, STORAGE,
 * INTERRUPTED.
 */
export async function createContainer(
  context: ActionContext,
  image: string,
  { name, force = false }: CreateRequest,
): Promise<string> {
  const store = storeOf(context);
  const entry = requireImage(store, image);
  const holder = force && name !== undefined ? store.containers.find(name) : undefined;
  return store.blobs.hold(async () => {
    const stored = store.images.read(entry);
    const wanted = {
      image: entry.text,
      configText: stored.configText,
      name: holder === undefined ? name : undefined,
    };
    if (wanted.name !== undefined) await requireFreeName(store, wanted.name);
    const container = await store.containers.create(wanted, async ({ directory, root }) => {
      const report = await applyLayers({
        layers: stored.layers.map(layerOf),
        root,
        ownersFile: ownersFileOf(directory),
        report: (event) => context.report(blobEvent('extract', event, stored)),
        signal: context.signal,
      });
      tellOmissions(context, report);
    });
    if (holder !== undefined && name !== undefined) {
      await store.containers.removeName(name);
      await store.containers.addName(container, name);
    }
    return container.id;
  });
}

/** What an unprivileged user cannot have of an image. */
export function tellOmissions({ report }: ActionContext, counts: LayerReport): void {
  const omitted = [
    [counts.skippedDevices, 'device nodes, which only root can make'],
    [counts.skippedFifos, 'named pipes, which this host does not allow'],
    [counts.refusedXattrs, 'extended attributes, which this file system does not take'],
  ] as const;
  for (const [count, what] of omitted) {
    if (count > 0) report({ kind: 'info', message: `left out: ${count} ${what}` });
  }
  report({
    kind: 'debug',
    message: `extracted ${counts.entries} entries of ${counts.layers} layers, ${counts.bytes} bytes`,
  });
}
