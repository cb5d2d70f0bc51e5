/** Lists the images of the repository. */
import { isUdockerError } from '../errors.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/platform.ts';
import { type HostPath, under } from '../paths.ts';
import { linkedBlobs } from '../store/blob-names.ts';
import type { Store } from '../store/store.ts';
import type { ImageEntry } from '../store/tag-directory.ts';
import { stat } from '../system/files.ts';
import type { ActionContext } from './context.ts';
import { storeOf } from './open-store.ts';

export interface ImageListing {
  /** `name:tag` or `name@digest`. */
  readonly name: string;
  readonly protected: boolean;
  readonly directory: HostPath;
  /** Undefined when not asked for, or when the image does not say. */
  readonly platform?: Platform;
  /** Sorted by name; empty when not asked for. */
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
  return store.images.list().map((entry) => {
    const platform = details.platform ? platformOf(store, entry, context) : undefined;
    return {
      name: entry.text,
      protected: entry.protected,
      directory: entry.directory,
      ...(platform === undefined ? {} : { platform }),
      blobs: details.blobs ? blobsOf(store, entry) : [],
    };
  });
}

function platformOf(store: Store, entry: ImageEntry, context: ActionContext): Platform | undefined {
  try {
    return parseImageConfig(store.images.read(entry).configText, `of ${entry.text}`).platform;
  } catch (error) {
    if (!isUdockerError(error, 'INTEGRITY', 'INVALID')) throw error;
    context.report({ kind: 'warning', message: error.message });
    return undefined;
  }
}

function blobsOf(store: Store, entry: ImageEntry): BlobListing[] {
  const names = [...new Set(linkedBlobs(entry.directory))].sort();
  return names.map((name) => ({ name, size: stat(under(store.layout.layers, name))?.size ?? 0 }));
}
