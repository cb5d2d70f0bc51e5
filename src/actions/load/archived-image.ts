/** What both formats of archives come down to: an image whose parts are known, to be taken into the repository. */
import type { Descriptor } from '../../oci/descriptor.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { ImageManifest } from '../../oci/manifest.ts';
import type { ImageReference } from '../../oci/reference.ts';
import type { ArchiveFile } from './archive-files.ts';

export interface LoadableImage {
  readonly references: readonly ImageReference[];
  readonly manifest: ImageManifest;
  readonly manifestBytes: Uint8Array;
  readonly configText: string;
  readonly parts: readonly LoadablePart[];
}

/** A blob of the image. */
export interface LoadablePart {
  readonly blob: Descriptor;
  /** Undefined when the archive lacks it: then it must be in the repository already, or here. */
  readonly file: ArchiveFile | undefined;
  readonly bytes?: Uint8Array;
  /** Of a layer; its tar has not been compared with it yet, unless the blob is that tar. */
  readonly diffId?: DiffId;
}
