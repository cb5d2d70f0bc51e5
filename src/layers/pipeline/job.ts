/** What the threads of this room are told, and what they answer: plain values and shared memory. */
import type { HostPath } from '../../paths.ts';
import type { Member } from '../archive/member.ts';
import type { ScannedTree } from '../archive/scan-tree.ts';
import type { Spooled } from '../archive/spool.ts';
import type { NewMember } from '../archive/write-members.ts';
import type { Layer, LayerEvent, LayerReport } from '../layer.ts';
import type { ExportForm } from '../survey/export-form.ts';
import type { ChangedFor, Restored } from '../survey/restore-tree.ts';
import type { Omissions, TreeSource } from '../survey/source.ts';
import type { Method } from './decompress.ts';
import type { ErrorRecord } from './error-text.ts';

interface Common {
  readonly layers: readonly Layer[];
  /** Memory of the Board. */
  readonly board: SharedArrayBuffer;
}

export interface DecompressJob extends Common {
  readonly kind: 'decompress';
  readonly taker: number;
  readonly ring: SharedArrayBuffer;
  readonly method: Method;
}

export interface VerifyJob extends Common {
  readonly kind: 'verify';
  readonly taker: number;
  readonly method: Method;
  /** Tell the diff ids of layers that have none. */
  readonly tellDiffIds: boolean;
}

export interface ExtractJob extends Common {
  readonly kind: 'extract';
  /** Memory of each decompressor's Ring. */
  readonly rings: readonly SharedArrayBuffer[];
  readonly root: HostPath;
  readonly ownersFile: HostPath;
  /** The one layer is the archive of a whole container; its small files go there. */
  readonly partsDirectory?: HostPath;
}

/** Takes an archive, the one layer, apart into files. */
export interface UnpackJob extends Common {
  readonly kind: 'unpack';
  readonly rings: readonly SharedArrayBuffer[];
  /** What the archive is called in errors. */
  readonly name: string;
  /** The files are called this and a number. */
  readonly prefix: HostPath;
}

/** Writes an archive in which the tars of the layers are files. */
export interface WriteJob extends Common {
  readonly kind: 'write';
  readonly rings: readonly SharedArrayBuffer[];
  readonly members: readonly NewMember[];
  readonly output: HostPath;
}

/** Copies the tree of a container. There are no layers. */
export interface CopyJob extends Common {
  readonly kind: 'copy';
  /** What the container is called in errors. */
  readonly name: string;
  readonly source: TreeSource;
  readonly root: HostPath;
  readonly ownersFile: HostPath;
}

/** Writes the tree of a container as an archive. There are no layers. */
export interface ExportJob extends Common {
  readonly kind: 'export';
  /** What the container is called in errors. */
  readonly name: string;
  readonly source: TreeSource;
  readonly output: HostPath;
  readonly form: ExportForm;
}

/** Makes the tree of a container plain again. There are no layers. */
export interface RestoreJob extends Common {
  readonly kind: 'restore';
  /** What the container is called in errors. */
  readonly name: string;
  readonly root: HostPath;
  readonly changedFor: ChangedFor;
}

/** Copies a file, or only hashes it. There are no layers. */
export interface SpoolJob extends Common {
  readonly kind: 'spool';
  readonly name: string;
  readonly source: HostPath;
  readonly target?: HostPath;
}

/** Reads the tar of the one layer to its end. */
export interface ScanJob extends Common {
  readonly kind: 'scan';
  readonly rings: readonly SharedArrayBuffer[];
  readonly name: string;
}

export type Job =
  | DecompressJob
  | VerifyJob
  | ExtractJob
  | UnpackJob
  | WriteJob
  | CopyJob
  | ExportJob
  | RestoreJob
  | SpoolJob
  | ScanJob;

export type Message =
  | { readonly kind: 'event'; readonly event: LayerEvent }
  | { readonly kind: 'done' }
  | { readonly kind: 'report'; readonly report: LayerReport }
  | { readonly kind: 'spooled'; readonly spooled: Spooled }
  | { readonly kind: 'scanned'; readonly scanned: ScannedTree }
  | { readonly kind: 'omissions'; readonly omissions: Omissions }
  | { readonly kind: 'restored'; readonly restored: Restored }
  | { readonly kind: 'members'; readonly members: readonly Member[] }
  | { readonly kind: 'failed'; readonly error: ErrorRecord };
