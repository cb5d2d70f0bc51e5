/**
 * The repository on disk, exactly udocker's, so that an older udocker reads what we write and the other way round.
 * Opening costs a few stat calls; nothing of it loads HTTP, a schema library or crypto before a blob is written.
 *
 *   layers/            sha256:<hex>  whole and verified;  .partial-<digest>  on its way in;  .lock  .unused
 *                      .partial-load-*  .partial-import-*  out of archives, not yet verified
 *   repos/<name>/<tag>/  TAG v2 manifest  <digest> -> layers;  .lock
 *   containers/<id>/   ROOT container.json imagerepo.name execmode PROTECT .lock;  <name> -> <id>;  .lock
 *   .staging/          containers being made or removed
 */
import { type BlobStore, openBlobs } from './blobs.ts';
import { type ContainerStore, openContainers } from './containers.ts';
import { type EngineFiles, openEngineFiles } from './engine-files.ts';
import type { StoreListener } from './events.ts';
import { type ImageStore, openImages } from './images.ts';
import type { StoreLayout } from './layout.ts';
import { ensureRepository, requireRepository } from './repository.ts';

export interface Store {
  readonly layout: StoreLayout;
  readonly blobs: BlobStore;
  readonly images: ImageStore;
  readonly containers: ContainerStore;
  readonly engineFiles: EngineFiles;
}

export interface StoreOptions {
  /** The default repository is made when it is missing; one that the user named must be there. */
  readonly whenMissing: 'create' | 'refuse';
  readonly onEvent?: StoreListener | undefined;
}

/**
 * Opens the repository. Throws, for one that is missing, NOT_FOUND or (something else is there) INVALID with
 * `refuse`, STORAGE when it cannot be made with `create`. A read-only repository opens like any other.
 */
export function openStore(layout: StoreLayout, options: StoreOptions): Store {
  const onEvent = options.onEvent ?? (() => undefined);
  if (options.whenMissing === 'create') ensureRepository(layout, onEvent);
  else requireRepository(layout);
  return {
    layout,
    blobs: openBlobs(layout, onEvent),
    images: openImages(layout, onEvent),
    containers: openContainers(layout, onEvent),
    engineFiles: openEngineFiles(layout),
  };
}
