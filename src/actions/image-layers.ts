/** The layers of a stored image, for verbs that read them. */
import type { Layer, LayerEvent } from '../layers/layer.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { nameOf } from '../paths.ts';
import type { StoredImage, StoredLayer } from '../store/image-read.ts';
import type { ActionEvent, BlobFacts } from './events.ts';

/** A layer as the extractor takes it: all that the repository knows of it will be checked. */
export function layerOf({ path, size, digest, mediaType, diffId }: StoredLayer): Layer {
  const descriptor: Descriptor | undefined =
    digest === undefined ? undefined : { digest, size, mediaType: mediaType ?? mediaTypes.ociLayer };
  return {
    path,
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(diffId === undefined ? {} : { diffId }),
  };
}

/** What is told of work on a layer of the image. */
export function blobEvent(work: BlobFacts['work'], event: LayerEvent, { layers }: StoredImage): ActionEvent {
  const layer = layers[event.index];
  const name = layer?.digest ?? (layer === undefined ? '' : nameOf(layer.path));
  const facts = { work, digest: name, size: layer?.size ?? 0 };
  switch (event.kind) {
    case 'layer-started':
      return { kind: 'blob-started', ...facts };
    case 'layer-progress':
      return { kind: 'blob-progress', bytes: event.bytes, ...facts };
    case 'layer-finished':
      return { kind: 'blob-done', ...facts };
  }
}
