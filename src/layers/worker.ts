/**
 * Where the threads of this room start: an entry point of the build (see system/workers.ts). A thread either
 * decompresses layers into a ring or takes them from the rings and extracts them.
 */
import { UdockerError } from '../errors.ts';
import type { ByteString } from '../system/byte-string.ts';
import { receivedJob, stayAlive, tellStarter } from '../system/workers.ts';
import { unpackMembers } from './archive/unpack-members.ts';
import { writeMembers } from './archive/write-members.ts';
import { explain, type Place } from './extract/explain.ts';
import { extractLayers } from './extract/extract-layers.ts';
import { Board } from './pipeline/board.ts';
import { decompressLayers } from './pipeline/decompress.ts';
import { recordOf } from './pipeline/error-text.ts';
import type { CopyJob, ExtractJob, Job, Message, UnpackJob, WriteJob } from './pipeline/job.ts';
import { Ring } from './pipeline/ring.ts';
import { verifyEach } from './pipeline/verify-each.ts';
import { copyTree } from './survey/copy-tree.ts';
import type { Omissions } from './survey/source.ts';
import type { ChunkSource } from './tar/cursor.ts';

async function work(job: Job): Promise<Message> {
  const board = new Board(job.board);
  switch (job.kind) {
    case 'decompress':
      await decompressLayers(
        job.layers,
        job.taker,
        board,
        new Ring(job.ring, () => board.cancelled),
        job.method,
      );
      return { kind: 'done' };
    case 'verify':
      await verifyEach(job, board, (event) => tell({ kind: 'event', event }));
      return { kind: 'done' };
    case 'extract':
      return { kind: 'report', report: extract(job, board) };
    case 'unpack':
      return { kind: 'members', members: unpack(job, board) };
    case 'copy':
      return { kind: 'omissions', omissions: copy(job, board) };
    case 'write':
      writeMembers(job.members, job.layers, job.output, tarsOf(job, board), () => board.cancelled);
      return { kind: 'done' };
  }
}

function extract(job: ExtractJob, board: Board): ReturnType<typeof extractLayers> {
  return extractLayers(job.layers, job.root, job.ownersFile, {
    open: tarsOf(job, board),
    started: (index) => tell({ kind: 'event', event: { kind: 'layer-started', index } }),
    finished: (index, bytes) => tell({ kind: 'event', event: { kind: 'layer-finished', index, bytes } }),
    cancelled: () => board.cancelled,
  });
}

function copy({ name, source, root, ownersFile }: CopyJob, board: Board): Omissions {
  return explainingPath('copying', name, board, (check, at) => copyTree(source, root, ownersFile, check, at));
}

/** Does `work` on a container, which tells where it is and calls the check that ends it when the user wants that. */
function explainingPath<T>(
  doing: string,
  name: string,
  board: Board,
  work: (check: () => void, at: (path: ByteString) => void) => T,
): T {
  let place: Place | undefined;
  const check = (): void => {
    if (board.cancelled) throw new UdockerError('INTERRUPTED', `${doing} was interrupted`);
  };
  try {
    return work(check, (entry) => {
      place = { relation: 'entry', entry };
    });
  } catch (error) {
    throw explain(error, doing, { kind: 'container', name }, place);
  }
}

function unpack(job: UnpackJob, board: Board): ReturnType<typeof unpackMembers> {
  return unpackMembers(job.name, job.prefix, () => tarsOf(job, board)(0));
}

/** Opens the tar of a layer, wherever it is decompressed. */
function tarsOf(job: ExtractJob | UnpackJob | WriteJob, board: Board): (index: number) => ChunkSource {
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
