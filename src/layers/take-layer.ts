/** The verb by which a tar of a file system becomes a layer: copied if need be, hashed, and read to its end. */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import type { ScannedTree } from './archive/scan-tree.ts';
import type { Spooled } from './archive/spool.ts';
import { Board } from './pipeline/board.ts';
import { employ } from './pipeline/crew.ts';
import { Ring } from './pipeline/ring.ts';

export interface TakeRequest {
  /** A tar, plain, gzip or zstd; `standardInput` for that. */
  readonly source: HostPath;
  /** Where it is copied to; it may be there already. */
  readonly target: HostPath;
  readonly isThere: boolean;
  /** How errors name it. */
  readonly name: string;
  readonly signal: AbortSignal;
}

export type TakenLayer = Spooled & ScannedTree;

const ringSlots = 64;

/** Returns what is to be known of the layer. Throws INVALID, STORAGE or INTERRUPTED; the caller removes `target`. */
export async function takeLayer({ source, target, isThere, name, signal }: TakeRequest): Promise<TakenLayer> {
  const copied = new Board(Board.memory(0));
  const spool = { kind: 'spool', layers: [], board: copied.memory, name } as const;
  const [first] = await employ(
    [isThere ? { ...spool, source: target } : { ...spool, source, target }],
    copied,
    0,
    { signal },
  );
  const board = new Board(Board.memory(1));
  const ring = Ring.memory(ringSlots);
  const common = { layers: [{ path: target }], board: board.memory };
  const outcomes = await employ(
    [
      { kind: 'scan', ...common, rings: [ring], name },
      { kind: 'decompress', ...common, taker: 0, ring, method: 'fastest' },
    ],
    board,
    1,
    { signal },
  );
  const scanned = outcomes.find((outcome) => outcome.kind === 'scanned');
  if (first?.kind !== 'spooled' || scanned === undefined)
    throw new UdockerError('INTERNAL', 'reading an archive ended without an answer');
  return { ...first.spooled, ...scanned.scanned };
}
