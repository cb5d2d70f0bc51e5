/**
 * The native engine's table of owners, read once as a whole: what programs in the container have changed since the list
 * was taken over. The layout is that of native/src/state/owner-table.h and must be kept equal.
 */
import { Buffer } from 'node:buffer';
import type { Ownership } from './list.ts';

/** Numbers of a file that the table knows it by. */
export interface FileIdentity {
  readonly inode: bigint;
  /** Nanoseconds since 1970; 0 where the file system does not tell. */
  readonly birth: bigint;
}

/** A record; `mode` 0: as on disk. */
export interface TableRecord extends Ownership, FileIdentity {}

export interface OwnersTable {
  /** Modification time in nanoseconds, size and inode of the list that was taken over last. */
  readonly list: readonly [bigint, bigint, bigint];
  /** The record of a file on the device of the root; undefined when there is none, or it was an earlier file's. */
  find(file: FileIdentity): TableRecord | undefined;
}

const magic = 0x3172_656e_776f_6475n;
const pageBytes = 4096;
const recordBytes = 56;
const leastBits = 11;

/** The table in `bytes`, if that is one of the tree whose root is `root`; a copied tree has other inodes. */
export function parseOwnersTable(bytes: Uint8Array, root: FileIdentity): OwnersTable | undefined {
  const table = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (table.length < pageBytes || table.readBigUInt64LE(0) !== magic) return undefined;
  const bits = table.readUInt32LE(8);
  const size = pageBytes + 8 * 2 ** bits + recordBytes * 2 ** (bits - 1);
  if (bits < leastBits || bits > 32 || table.length < size) return undefined;
  const [inode, birth] = [table.readBigUInt64LE(56), table.readBigUInt64LE(64)];
  if (inode !== root.inode || !sameBirth(birth, root.birth)) return undefined;
  const found = recordsOf(table, bits);
  return {
    list: [table.readBigUInt64LE(72), table.readBigUInt64LE(80), table.readBigUInt64LE(88)],
    find: ({ inode, birth }) => {
      const record = found.get(inode);
      return record !== undefined && sameBirth(record.birth, birth) ? record : undefined;
    },
  };
}

/** Where the file system tells no birth, the runtime makes one up, but the engine writes 0. */
function sameBirth(recorded: bigint, found: bigint): boolean {
  return recorded === 0n || recorded === found;
}

/** Index words lead to records; a record that none leads to was replaced by a later one. */
function recordsOf(table: Buffer, bits: number): Map<bigint, TableRecord> {
  const found = new Map<bigint, TableRecord>();
  const records = pageBytes + 8 * 2 ** bits;
  const capacity = table.readUInt32LE(12);
  for (let at = pageBytes; at < records; at += 8) {
    const number = table.readUInt32LE(at);
    if (number === 0 || number >= capacity) continue;
    const offset = records + number * recordBytes;
    if (offset + recordBytes > table.length) continue;
    const record = recordAt(table, offset);
    if (record !== undefined) found.set(record.inode, record);
  }
  return found;
}

/** Undefined for a file on another device than the root, and for one whose last name was removed. */
function recordAt(table: Buffer, at: number): TableRecord | undefined {
  if (table.readUInt32LE(at + 16) !== 0 || table.readUInt32LE(at + 36) !== 0) return undefined;
  const mode = table.readUInt32LE(at + 28);
  const rdev = table.readUInt32LE(at + 32);
  return {
    inode: table.readBigUInt64LE(at),
    birth: table.readBigUInt64LE(at + 8),
    uid: table.readUInt32LE(at + 20),
    gid: table.readUInt32LE(at + 24),
    mode,
    ...(isDevice(mode) ? { device: deviceNumbers(rdev) } : {}),
  };
}

/** True when the type bits are those of a character or block device. */
export function isDevice(mode: number): boolean {
  return (mode & 0o170000) === 0o020000 || (mode & 0o170000) === 0o060000;
}

/** The kernel's 32 bits taken apart: 8 low bits of the minor number, 12 of the major, the rest of the minor. */
function deviceNumbers(rdev: number): { major: number; minor: number } {
  return { major: (rdev >>> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) };
}
