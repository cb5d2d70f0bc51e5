/**
 * Makes the header of one entry: a POSIX ustar block, and a pax header in front of it for what that cannot hold.
 * Names stay the bytes that they are. Source: POSIX pax, "ustar Interchange Format"; SCHILY.xattr as GNU tar and star.
 *
 * Why our own: tar-stream, the npm library for this, turns names into UTF-8, cuts large ids, and knows no holes.
 */
import { Buffer } from 'node:buffer';
import { type ByteString, bytesOf } from '../../system/byte-string.ts';
import type { EntryKind } from './entry.ts';
import { blockBytes } from './header.ts';

export interface NewEntry {
  readonly kind: EntryKind;
  /** A directory's without its slash. */
  readonly name: ByteString;
  /** Of a link. */
  readonly linkName?: ByteString;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Bytes of the body that follow; 0 for all but files. */
  readonly size: number;
  /** Of a device node. */
  readonly device?: { readonly major: number; readonly minor: number };
  readonly xattrs?: readonly { readonly name: string; readonly value: Buffer }[];
  /** Further pax records, such as those of a file with holes. */
  readonly records?: readonly (readonly [key: string, value: Buffer])[];
}

const flags: Readonly<Record<EntryKind, string>> = {
  file: '0',
  'hard-link': '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
};
const nameBytes = 100;
const prefixBytes = 155;
const largestId = 0o7777777;
const largestSize = 0o77777777777;

/** All header blocks of `entry`, in order. */
export function headerBlocks(entry: NewEntry): Buffer {
  const full = (entry.kind === 'directory' ? `${entry.name}/` : entry.name) as ByteString;
  const parts = splitName(full);
  const link = entry.linkName ?? ('' as ByteString);
  const { uid, gid, size } = entry;
  const mtime = Math.floor(entry.mtime);
  const records: (readonly [string, Buffer])[] = [];
  if (parts === undefined) records.push(['path', bytesOf(full)]);
  if (link.length > nameBytes) records.push(['linkpath', bytesOf(link)]);
  if (uid > largestId) records.push(['uid', Buffer.from(String(uid))]);
  if (gid > largestId) records.push(['gid', Buffer.from(String(gid))]);
  if (size > largestSize) records.push(['size', Buffer.from(String(size))]);
  if (mtime < 0 || mtime > largestSize) records.push(['mtime', Buffer.from(String(mtime))]);
  for (const { name, value } of entry.xattrs ?? []) records.push([`SCHILY.xattr.${name}`, value]);
  records.push(...(entry.records ?? []));
  const header = block({ ...entry, mtime }, parts ?? { prefix: '', name: full.slice(0, nameBytes) }, link);
  return records.length === 0 ? header : Buffer.concat([paxHeader(records), header]);
}

/** As ustar keeps a name: at most 100 bytes, and the rest before some slash, at most 155. Undefined when it is longer. */
function splitName(name: string): { readonly prefix: string; readonly name: string } | undefined {
  if (name.length <= nameBytes) return { prefix: '', name };
  const slash = name.indexOf('/', name.length - nameBytes - 1);
  if (slash <= 0 || slash > prefixBytes || slash === name.length - 1) return undefined;
  return { prefix: name.slice(0, slash), name: name.slice(slash + 1) };
}

function paxHeader(records: readonly (readonly [string, Buffer])[]): Buffer {
  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const entry: NewEntry = {
    kind: 'file',
    name: 'PaxHeaders/entry' as ByteString,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: body.length,
  };
  const header = block(entry, { prefix: '', name: entry.name }, '', 'x');
  return Buffer.concat([header, body, Buffer.alloc(paddingOf(body.length))]);
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function block(
  entry: NewEntry,
  { prefix, name }: { readonly prefix: string; readonly name: string },
  link: string,
  flag = flags[entry.kind],
): Buffer {
  const bytes = Buffer.alloc(blockBytes);
  const { uid, gid, size, mtime, device } = entry;
  bytes.write(name, 0, nameBytes, 'latin1');
  octal(bytes, 100, 8, entry.mode & 0o7777);
  octal(bytes, 108, 8, uid > largestId ? 0 : uid);
  octal(bytes, 116, 8, gid > largestId ? 0 : gid);
  octal(bytes, 124, 12, size > largestSize ? 0 : size);
  octal(bytes, 136, 12, mtime < 0 || mtime > largestSize ? 0 : mtime);
  bytes.write(flag, 156, 'latin1');
  bytes.write(link.slice(0, nameBytes), 157, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  if (device !== undefined) {
    octal(bytes, 329, 8, device.major);
    octal(bytes, 337, 8, device.minor);
  }
  bytes.write(prefix, 345, prefixBytes, 'latin1');
  bytes.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

function octal(bytes: Buffer, offset: number, length: number, value: number): void {
  bytes.write(value.toString(8).padStart(length - 1, '0'), offset, 'latin1');
}

/** Zeros that fill the last block of a body. */
export function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}
