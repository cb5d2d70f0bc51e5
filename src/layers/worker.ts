/**
 * Where the threads of this room start: an entry point of the build (see system/workers.ts). A thread either
 * decompresses layers into a ring or takes them from the rings and extracts them.
 */
import { receivedJob, stayAlive, tellStarter } from '../system/workers.ts';
import { extractLayers } from './extract/extract-layers.ts';
import { Board } from './pipeline/board.ts';
import { decompressLayers } from './pipeline/decompress.ts';
import { recordOf } from './pipeline/error-text.ts';
import type { ExtractJob, Job, Message } from './pipeline/job.ts';
import { Ring } from './pipeline/ring.ts';
import { verifyEach } from './pipeline/verify-each.ts';

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
      await verifyEach(job.layers, job.taker, board, job.method, (event) => tell({ kind: 'event', event }));
      return { kind: 'done' };
    case 'extract':
      return { kind: 'report', report: extract(job, board) };
  }
}

function extract(job: ExtractJob, board: Board): ReturnType<typeof extractLayers> {
  const rings = job.rings.map((memory) => new Ring(memory, () => board.cancelled));
  return extractLayers(job.layers, job.root, job.ownersFile, {
    open: (index) => {
      const ring = rings[board.takerOf(index)];
      if (ring === undefined) throw new RangeError(`no ring for layer ${index}`);
      return ring.layer();
    },
    started: (index) => tell({ kind: 'event', event: { kind: 'layer-started', index } }),
    finished: (index, bytes) => tell({ kind: 'event', event: { kind: 'layer-finished', index, bytes } }),
    cancelled: () => board.cancelled,
  });
}

function tell(message: Message): void {
  tellStarter(message);
}

stayAlive();
work(receivedJob() as Job).then(tell, (error: unknown) => tell({ kind: 'failed', error: recordOf(error) }));
