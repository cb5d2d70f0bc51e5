/** Applies layers in order from wherever their tars come from, and writes what the disk cannot hold. */
import { isUdockerError, UdockerError } from '../../errors.ts';
import type { HostPath } from '../../paths.ts';
import { makeDirectory, writeFileAtomically } from '../../system/files.ts';
import { Tree } from '../../system/tree.ts';
import { type Layer, type LayerReport, layerName } from '../layer.ts';
import type { ChunkSource } from '../tar/cursor.ts';
import { TarReader } from '../tar/reader.ts';
import { ContainerParts } from './container-parts.ts';
import { newCounts } from './counts.ts';
import { rootPath } from './entry-path.ts';
import { explain, type Place } from './explain.ts';
import { Extractor } from './extractor.ts';

/** Where the tars come from and who listens. */
export interface Surroundings {
  /** Opens the tar of the layer with this index; called in order. A wrong sum is an error at its end. */
  open(index: number): ChunkSource;
  readonly started: (index: number) => void;
  readonly finished: (index: number, bytes: number) => void;
  readonly cancelled: () => boolean;
}

/** Where layers go (host paths). */
export interface Target {
  readonly root: HostPath;
  readonly ownersFile: HostPath;
  /** The one layer is the archive of a whole container; its small files go there. */
  readonly partsDirectory?: HostPath | undefined;
}

/**
 * Applies `layers`, bottom first, to `root` (made if missing) and writes `ownersFile`. Throws UdockerError INTEGRITY,
 * INVALID, UNSUPPORTED, STORAGE or INTERRUPTED naming layer and entry; the root is then incomplete.
 */
export function extractLayers(
  layers: readonly Layer[],
  { root, ownersFile, partsDirectory }: Target,
  surroundings: Surroundings,
): LayerReport {
  const parts = partsDirectory === undefined ? undefined : new ContainerParts(partsDirectory);
  const top = layers[layers.length - 1];
  try {
    makeDirectory(root);
    const extractor = new Extractor(new Tree(root), newCounts());
    const filled = extractor.tree.list(rootPath).length > 0;
    layers.forEach((layer, index) => {
      extractor.beginLayer(filled || index > 0);
      surroundings.started(index);
      const bytes = extractLayer(layer, extractor, surroundings.open(index), surroundings.cancelled, parts);
      surroundings.finished(index, bytes);
      extractor.counts.bytes += bytes;
    });
    return finish(layers.length, extractor, parts?.hasOwners === true ? undefined : ownersFile);
  } catch (error) {
    throw isUdockerError(error)
      ? error
      : explain(error, 'finishing', { kind: 'layer', name: top === undefined ? 'none' : layerName(top) });
  }
}

function finish(layers: number, extractor: Extractor, ownersFile: HostPath | undefined): LayerReport {
  const { counts, tree, directories, records } = extractor;
  records.applyDirectoryTimes(tree, directories);
  const owners = records.ownersFile(tree, directories);
  if (ownersFile !== undefined) writeFileAtomically(ownersFile, owners.content);
  return { ...counts, layers, ownersListed: owners.count };
}

function extractLayer(
  layer: Layer,
  extractor: Extractor,
  source: ChunkSource,
  cancelled: () => boolean,
  parts: ContainerParts | undefined,
): number {
  const reader = new TarReader(source);
  let at: Place | undefined;
  try {
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
      if (cancelled()) throw new UdockerError('INTERRUPTED', 'creating the container was interrupted');
      at = { relation: 'entry', entry: entry.name };
      const own = parts === undefined ? entry : parts.take(entry, reader);
      if (own !== undefined) extractor.apply(own, reader);
      at = { relation: 'after entry', entry: entry.name };
    }
    at = undefined;
    parts?.finish();
    return reader.position;
  } catch (error) {
    const cause = isUdockerError(error, 'INVALID') ? (wrongSum(source) ?? error) : error;
    // What has no digest is no layer of an image, but a file that the user has named.
    const kind = layer.descriptor === undefined ? 'archive' : 'layer';
    const subject = { kind, name: layerName(layer) } as const;
    throw explain(cause, 'extracting', subject, isUdockerError(cause, 'INTEGRITY') ? undefined : at);
  }
}

// An archive that makes no sense is often a damaged one; that its sum is wrong is then the better message.
function wrongSum(source: ChunkSource): UdockerError | undefined {
  try {
    while (source.next() !== undefined);
    return undefined;
  } catch (error) {
    return isUdockerError(error, 'INTEGRITY', 'INTERRUPTED') ? error : undefined;
  }
}
