/**
 * Where the threads of this room start: an entry point of the build (see system/workers.ts). Most decompress layers into
 * a ring or take them from the rings and extract them; what other work needs is loaded when it is given.
 */
import { UdockerError } from '../errors.ts';
import type { ByteString } from '../system/byte-string.ts';
import { receivedJob, stayAlive, tellStarter } from '../system/workers.ts';
import { explain, type Place } from './extract/explain.ts';
import { extractLayers } from './extract/extract-layers.ts';
import { Board } from './pipeline/board.ts';
import { decompressLayers } from './pipeline/decompress.ts';
import { recordOf } from './pipeline/error-text.ts';
import type { ExtractJob, Job, Message, ScanJob, UnpackJob, WriteJob } from './pipeline/job.ts';
import { Ring } from './pipeline/ring.ts';
import type { ChunkSource } from './tar/cursor.ts';

type Other = Exclude<Job, { kind: 'decompress' | 'extract' }>;

async function work(job: Job): Promise<Message> {
  const board = new Board(job.board);
  switch (job.kind) {
    case 'decompress': {
      const ring = new Ring(job.ring, () => board.cancelled);
      await decompressLayers(job.layers, job.taker, board, ring, job.method);
      return { kind: 'done' };
    }
    case 'extract':
      return { kind: 'report', report: extract(job, board) };
    default:
      return otherWork(job, board);
  }
}

async function otherWork(job: Other, board: Board): Promise<Message> {
  switch (job.kind) {
    case 'verify': {
      const { verifyEach } = await import('./pipeline/verify-each.ts');
      await verifyEach(job, board, (event) => tell({ kind: 'event', event }));
      return { kind: 'done' };
    }
    case 'unpack': {
      const { unpackMembers } = await import('./archive/unpack-members.ts');
      return { kind: 'members', members: unpackMembers(job.name, job.prefix, () => tarsOf(job, board)(0)) };
    }
    case 'write': {
      const { writeMembers } = await import('./archive/write-members.ts');
      writeMembers(job.members, job.layers, job.output, tarsOf(job, board), () => board.cancelled);
      return { kind: 'done' };
    }
    case 'spool': {
      const { spool } = await import('./archive/spool.ts');
      const check = checkOf(board, 'copying the archive');
      return { kind: 'spooled', spooled: spool(job.source, job.target, job.name, check) };
    }
    case 'scan': {
      const { scanTree } = await import('./archive/scan-tree.ts');
      return { kind: 'scanned', scanned: scanTree(job.name, () => tarsOf(job, board)(0)) };
    }
    case 'copy': {
      const { copyTree } = await import('./survey/copy-tree.ts');
      const omissions = explainingPath('copying', job.name, board, (check, at) =>
        copyTree(job.source, job.root, job.ownersFile, check, at),
      );
      return { kind: 'omissions', omissions };
    }
    case 'restore': {
      const { restoreTree } = await import('./survey/restore-tree.ts');
      const restored = explainingPath('restoring', job.name, board, (check, at) =>
        restoreTree(job.root, job.changedFor, check, at),
      );
      return { kind: 'restored', restored };
    }
    case 'export': {
      const { exportTree } = await import('./survey/export-tree.ts');
      const omissions = explainingPath('exporting', job.name, board, (check, at) =>
        exportTree(job.source, job.output, job.form, check, at),
      );
      return { kind: 'omissions', omissions };
    }
  }
}

function extract(job: ExtractJob, board: Board): ReturnType<typeof extractLayers> {
  return extractLayers(job.layers, job, {
    open: tarsOf(job, board),
    started: (index) => tell({ kind: 'event', event: { kind: 'layer-started', index } }),
    finished: (index, bytes) => tell({ kind: 'event', event: { kind: 'layer-finished', index, bytes } }),
    cancelled: () => board.cancelled,
  });
}

/** Does `work` on a container, which tells where it is and calls the check that ends it when the user wants that. */
function explainingPath<T>(
  doing: string,
  name: string,
  board: Board,
  work: (check: () => void, at: (path: ByteString) => void) => T,
): T {
  let place: Place | undefined;
  try {
    return work(checkOf(board, doing), (entry) => {
      place = { relation: 'entry', entry };
    });
  } catch (error) {
    throw explain(error, doing, { kind: 'container', name }, place);
  }
}

function checkOf(board: Board, doing: string): () => void {
  return () => {
    if (board.cancelled) throw new UdockerError('INTERRUPTED', `${doing} was interrupted`);
  };
}

/** Opens the tar of a layer, wherever it is decompressed. */
function tarsOf(
  job: ExtractJob | UnpackJob | WriteJob | ScanJob,
  board: Board,
): (index: number) => ChunkSource {
  const rings = job.rings.map((memory) => new Ring(memory, () => board.cancelled));
  return (index) => {
    const ring = rings[board.takerOf(index)];
    if (ring === undefined) throw new RangeError(`no ring for layer ${index}`);
    return ring.layer();
  };
}

function tell(message: Message): void {
  tellStarter(message);
}

stayAlive();
work(receivedJob() as Job).then(tell, (error: unknown) => tell({ kind: 'failed', error: recordOf(error) }));
