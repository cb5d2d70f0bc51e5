/** The nouns of this room: a layer to apply, what is reported on the way and at the end. */
import type { Descriptor } from '../oci/descriptor.ts';
import type { DiffId } from '../oci/digest.ts';
import type { MediaType } from '../oci/media-type.ts';
import type { HostPath } from '../paths.ts';

/** A layer blob on this host. Whatever is known of its digest, size and diff id is checked. */
export interface Layer {
  readonly path: HostPath;
  readonly descriptor?: Descriptor;
  /** Of the uncompressed tar. */
  readonly diffId?: DiffId;
  /** A hint only: the format is told by the first bytes. */
  readonly mediaType?: MediaType;
}

/** What happens while layers are read; `index` counts from the bottom layer, 0. */
export type LayerEvent =
  | { readonly kind: 'layer-started'; readonly index: number }
  /** `bytes` of the blob have been read so far. */
  | { readonly kind: 'layer-progress'; readonly index: number; readonly bytes: number }
  /** The layer is in place, its digests are right. `bytes` is the size of the tar; `diffId` is told when asked for. */
  | {
      readonly kind: 'layer-finished';
      readonly index: number;
      readonly bytes: number;
      readonly diffId?: DiffId;
    };

/** Counts over all layers. */
export interface LayerReport {
  readonly layers: number;
  /** Entries in all archives, whiteouts included. */
  readonly entries: number;
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly hardLinks: number;
  /** Hard links made as copies because the file system refuses link(2). */
  readonly copiedLinks: number;
  readonly fifos: number;
  /** Whiteouts, opaque ones included. */
  readonly whiteouts: number;
  /** Device nodes, which only root can make. */
  readonly skippedDevices: number;
  /** Fifos that this host does not let us make. */
  readonly skippedFifos: number;
  /** Extended attributes in namespaces that need privileges (security, trusted, system). */
  readonly ignoredXattrs: number;
  /** Extended attributes of users (`user.*`) that the file system refused. */
  readonly refusedXattrs: number;
  /** Paths in the owners file. */
  readonly ownersListed: number;
  /** Bytes of all uncompressed tars. */
  readonly bytes: number;
}

/** How errors and people name a layer: its digest, else its file. */
export function layerName(layer: Layer): string {
  return layer.descriptor?.digest ?? layer.path;
}
