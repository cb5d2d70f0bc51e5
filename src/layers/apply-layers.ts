/**
 * The verb of this room: layers -> a root file system, each layer in one pass with both of its sums checked. Layers
 * are decompressed and hashed in threads, several at a time; changes are applied in layer order by another thread.
 * A small image is not worth starting threads for.
 */
import { Buffer } from 'node:buffer';
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { lstat } from '../system/files.ts';
import { processors } from '../system/workers.ts';
import { handlesWork } from './decode/inflate-handle.ts';
import { LayerReader } from './decode/layer-reader.ts';
import { extractLayers } from './extract/extract-layers.ts';
import type { Layer, LayerEvent, LayerReport } from './layer.ts';
import { Board } from './pipeline/board.ts';
import { employ } from './pipeline/crew.ts';
import type { Method } from './pipeline/decompress.ts';
import type { Job } from './pipeline/job.ts';
import { Ring, slotBytes } from './pipeline/ring.ts';
import type { ChunkSource } from './tar/cursor.ts';

export interface ApplyRequest {
  /** Bottom first. */
  readonly layers: readonly Layer[];
  /** Where the root file system goes; made if missing. What is there already counts as a lower layer. */
  readonly root: HostPath;
  /** Where ownership and modes go that the disk cannot hold; see the native engine's contract. */
  readonly ownersFile: HostPath;
  /** The one layer is the archive of a whole container; its small files go to this directory. */
  readonly partsDirectory?: HostPath;
  readonly report?: (event: LayerEvent) => void;
  readonly signal?: AbortSignal;
  /** How to work; for tests. Default: threads unless the blobs are small. */
  readonly work?: 'threads' | 'inline';
  /** How to decompress; for tests. */
  readonly method?: Method;
}

/** Blobs of up to this many bytes altogether are extracted without threads (some 50 ms). */
const inlineBytes = 4 << 20;
/** Each decompressor may be ahead of the extractor by this much: 32 MiB. */
const ringSlots = 128;
const maxDecompressors = 4;

/**
 * Extracts `layers` over one another into `root` and writes `ownersFile`. Throws UdockerError INTEGRITY (a sum is
 * wrong), INVALID (an archive cannot be accepted), UNSUPPORTED (encrypted), STORAGE (the disk refuses) or INTERRUPTED
 * (`signal`), naming layer and entry. After an error the root is incomplete: the caller removes it; no thread
 * is writing any more.
 */
export async function applyLayers(request: ApplyRequest): Promise<LayerReport> {
  if (request.signal?.aborted === true)
    throw new UdockerError('INTERRUPTED', 'creating the container was interrupted');
  return inline(request) ? applyHere(request) : await applyInThreads(request);
}

function inline({ work, layers, method }: ApplyRequest): boolean {
  if (method === 'streams' || work === 'threads') return false;
  const small = layers.reduce((sum, { path }) => sum + (lstat(path)?.size ?? 0), 0) <= inlineBytes;
  return (work === 'inline' || small) && handlesWork();
}

function applyHere({ layers, report, ...target }: ApplyRequest): LayerReport {
  const open: LayerReader[] = [];
  try {
    return extractLayers(layers, target, {
      open: (index) => chunksOf(layers, index, open, report),
      started: (index) => report?.({ kind: 'layer-started', index }),
      finished: (index, bytes) => report?.({ kind: 'layer-finished', index, bytes }),
      cancelled: () => false,
    });
  } finally {
    for (const reader of open) reader.close();
  }
}

// The reader is opened by the first `next`, where an error is explained with the layer's name.
function chunksOf(
  layers: readonly Layer[],
  index: number,
  open: LayerReader[],
  report: ApplyRequest['report'],
): ChunkSource {
  const buffer = Buffer.allocUnsafeSlow(slotBytes);
  let reader: LayerReader | undefined;
  return {
    next: () => {
      const layer = layers[index];
      if (layer === undefined) return undefined;
      if (reader === undefined) {
        reader = new LayerReader(layer, (bytes) => report?.({ kind: 'layer-progress', index, bytes }));
        open.push(reader);
      }
      const length = reader.fill(buffer);
      return length === 0 ? undefined : buffer.subarray(0, length);
    },
  };
}

async function applyInThreads(request: ApplyRequest): Promise<LayerReport> {
  const { layers, root, ownersFile, partsDirectory, method = 'fastest' } = request;
  const board = new Board(Board.memory(layers.length));
  const count = Math.max(1, Math.min(layers.length, processors(), maxDecompressors));
  const rings = Array.from({ length: count }, () => Ring.memory(ringSlots));
  const plain = layers.map((layer) => ({ ...layer }));
  const jobs: Job[] = [
    {
      kind: 'extract',
      layers: plain,
      board: board.memory,
      rings,
      root,
      ownersFile,
      ...(partsDirectory === undefined ? {} : { partsDirectory }),
    },
    ...rings.map(
      (ring, taker): Job => ({ kind: 'decompress', layers: plain, board: board.memory, taker, ring, method }),
    ),
  ];
  const outcomes = await employ(jobs, board, layers.length, request);
  const report = outcomes.find((outcome) => outcome.kind === 'report')?.report;
  if (report === undefined) throw new UdockerError('INTERNAL', 'extraction ended without a report');
  return report;
}
