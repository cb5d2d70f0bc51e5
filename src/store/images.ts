/** The images of a repository: what a verb can ask for and do. */
import { UdockerError } from '../errors.ts';
import { formatReference, type ImageReference } from '../oci/reference.ts';
import { holdingBlobs } from './blob-collector.ts';
import type { StoreListener } from './events.ts';
import { changingTags, copyTag, type NewImage, protectTag, removeTag, writeTag } from './image-change.ts';
import { readImage, type StoredImage } from './image-read.ts';
import type { StoreLayout } from './layout.ts';
import { onDisk } from './storage-error.ts';
import { allEntries, findEntry, type ImageEntry } from './tag-directory.ts';

/** A reference, or the text of one: text also finds names that only udocker 1 allowed. */
export type ImageName = ImageReference | string;

export interface ImageStore {
  /** All images, sorted by name. */
  list(): ImageEntry[];
  /** The image of that name, under any spelling that udocker 1 may have stored; undefined when there is none. */
  find(image: ImageName): ImageEntry | undefined;
  /** The parts of an image. Throws NOT_FOUND, INTEGRITY (a part is missing), INVALID. */
  read(image: ImageName | ImageEntry): StoredImage;
  /** Makes the image what its tag stands for. Throws INTEGRITY when a blob is missing, STORAGE. */
  write(image: NewImage): Promise<ImageEntry>;
  /** Removes a tag and frees the blobs that nobody else uses. Throws NOT_FOUND, CONFLICT (protected), STORAGE. */
  remove(image: ImageName): Promise<ImageEntry>;
  /** One more name for an image. Throws NOT_FOUND, CONFLICT (taken), STORAGE. */
  tag(image: ImageName, as: ImageReference): Promise<ImageEntry>;
  /** Throw NOT_FOUND, STORAGE; nothing happens when it is so already. */
  protect(image: ImageName): void;
  unprotect(image: ImageName): void;
}

/** The images of the repository at `layout`. */
export function openImages(layout: StoreLayout, onEvent: StoreListener): ImageStore {
  const { repos } = layout;
  const find = (image: ImageName): ImageEntry | undefined => findEntry(repos, image);
  const change = <T>(work: () => T): Promise<T> =>
    holdingBlobs(layout, onEvent, () => changingTags(layout, onEvent, work));
  const require = (image: ImageName): ImageEntry => {
    const entry = find(image);
    if (entry !== undefined) return entry;
    throw notFound(image);
  };
  return {
    list: () => onDisk('listing the images', repos, () => allEntries(repos)),
    find,
    read: (image) => readImage(layout.layers, isEntry(image) ? image : require(image)),
    write: (image) =>
      change(() => {
        writeTag(layout, image);
        return require(image.reference);
      }),
    remove: (image) =>
      change(() => {
        const entry = require(image);
        removeTag(layout, entry);
        return entry;
      }),
    tag: (image, as) =>
      change(() => {
        copyTag(layout, require(image), as);
        return require(as);
      }),
    protect: (image) => protectTag(require(image), true),
    unprotect: (image) => protectTag(require(image), false),
  };
}

function isEntry(image: ImageName | ImageEntry): image is ImageEntry {
  return typeof image !== 'string' && 'directory' in image;
}

function notFound(image: ImageName): UdockerError {
  const text = typeof image === 'string' ? image : formatReference(image);
  return new UdockerError('NOT_FOUND', `there is no image ${text} in the repository`, {
    hint: `fetch it with: udocker pull ${text}; see what is there with: udocker images`,
    details: { image: text },
  });
}
