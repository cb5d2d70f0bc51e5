/** What the tar reader makes of a header and everything that modifies it. */
import type { Buffer } from 'node:buffer';
import type { ByteString } from '../../system/byte-string.ts';
import { invalid } from './fault.ts';
import type { Segment } from './sparse.ts';

export type EntryKind =
  | 'file'
  | 'hard-link'
  | 'symlink'
  | 'character-device'
  | 'block-device'
  | 'directory'
  | 'fifo';

export interface Entry {
  readonly kind: EntryKind;
  /** As in the archive: may be absolute, may hold `..`; not yet to be trusted. */
  readonly name: ByteString;
  readonly linkName: ByteString;
  /** Permission bits with setuid, setgid and sticky; no type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Size of the file; for one with holes, of all of it. */
  readonly size: number;
  /** Present for a file with holes: where its data belongs. */
  readonly segments?: readonly Segment[];
  readonly xattrs: readonly { readonly name: string; readonly value: Buffer }[];
}

/** Flags that stand for metadata: consumed by the reader. */
export type MetaFlag = 'x' | 'X' | 'g' | 'L' | 'K';

const kinds: Readonly<Record<string, EntryKind>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hard-link',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file', // contiguous
  D: 'directory', // GNU incremental; its body is a list of names
  S: 'file', // GNU sparse
};

/** What the type flag stands for; undefined for a volume label. Throws INVALID for a type nobody knows. */
export function kindOfFlag(flag: string, name: string): EntryKind | undefined {
  if (flag === 'V') return undefined;
  const kind = kinds[flag];
  if (kind === undefined) throw invalid(`tar entry of unknown type ${JSON.stringify(flag)}`);
  // v7 archives have no type for directories, only the slash.
  return kind === 'file' && name.endsWith('/') ? 'directory' : kind;
}
