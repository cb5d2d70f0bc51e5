/** Lists the images of the repository. */
import { parseImageConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/platform.ts';
import type { HostPath } from '../paths.ts';
import type { ImageEntry, Store } from '../store/store.ts';
import type { ActionContext } from './context.ts';
import { storeOf } from './open-store.ts';

export interface ImageListing {
  /** `name:tag` or `name@digest`. */
  readonly name: string;
  readonly protected: boolean;
  readonly directory: HostPath;
  /** Undefined when not asked for, or when the image does not say. */
  readonly platform?: Platform;
  /** Empty when not asked for. */
  readonly blobs: readonly BlobListing[];
}

export interface BlobListing {
  readonly name: string;
  /** In bytes, on disk. */
  readonly size: number;
}

export interface ImageDetails {
  readonly platform: boolean;
  readonly blobs: boolean;
}

/**
 * Images sorted by name, with the details asked for. An image that cannot be read is listed, with a warning.
 * Throws NOT_FOUND, INVALID, STORAGE for the repository as a whole.
 */
export function listImages(context: ActionContext, details: ImageDetails): ImageListing[] {
  const store = storeOf(context);
  return store.images.list().map((entry) => ({
    name: entry.text,
    protected: entry.protected,
    directory: entry.directory,
    ...(details.platform ? platformOf(store, entry, context) : {}),
    blobs: details.blobs ? store.images.blobs(entry) : [],
  }));
}
