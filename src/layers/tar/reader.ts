/**
 * Reads a tar archive entry by entry from bytes that arrive in chunks. It applies pax and GNU extensions and bounds
 * every size it allocates for; what a name means is for the extractor to decide. Bytes after the end are read and
 * ignored, as tar does; a single block of zeros ends the archive too.
 */
import type { Buffer } from 'node:buffer';
import type { ByteString } from '../../system/byte-string.ts';
import { type ChunkSource, Cursor, type Sink } from './cursor.ts';
import { type Entry, kindOfFlag } from './entry.ts';
import { invalid } from './fault.ts';
import { blockBytes, type Header, isZeroBlock, parseHeader } from './header.ts';
import { paxNumber, paxTime } from './numbers.ts';
import { type PaxRecord, parsePaxRecords, xattrOf } from './pax.ts';
import { oldSparse, paxSparse, type SparseMap } from './sparse.ts';

/** The most a pax header or a long name may take; Go's archive/tar has the same bound. */
const maxMetaBytes = 1 << 20;
/** The most records that may wait for one entry. */
const maxRecords = 1 << 17;
const maxId = 0xffff_ffff;

export class TarReader {
  readonly #cursor: Cursor;
  readonly #global: PaxRecord[] = [];
  #bodyLeft = 0;
  #padding = 0;

  constructor(source: ChunkSource) {
    this.#cursor = new Cursor(source);
  }

  /** Bytes of the archive passed so far. */
  get position(): number {
    return this.#cursor.position;
  }

  /** The next entry; undefined at the end, when all bytes have been read. Throws INVALID. */
  next(): Entry | undefined {
    this.#skipBody();
    const local: PaxRecord[] = [];
    for (;;) {
      const block = this.#cursor.take(blockBytes);
      if (block === undefined || isZeroBlock(block)) return this.#end(local);
      const header = parseHeader(block);
      if (this.#isMeta(header, local)) continue;
      const entry = this.#entry(header, block, local);
      if (entry !== undefined) return entry;
      this.#skipBody();
      local.length = 0;
    }
  }

  /** Passes the body of the entry last returned to `sink`, once: the stored bytes, without holes. */
  body(sink: Sink): void {
    const size = this.#bodyLeft;
    this.#bodyLeft = 0;
    this.#cursor.pass(size, sink);
  }

  /** Passes the next `size` bytes of the body: for a file with holes, segment by segment. */
  part(size: number, sink: Sink): void {
    if (size > this.#bodyLeft) throw invalid('its sparse map promises more data than there is');
    this.#bodyLeft -= size;
    this.#cursor.pass(size, sink);
  }

  #end(local: readonly PaxRecord[]): undefined {
    if (local.length > 0) throw invalid('the archive ends after a header that announces an entry');
    this.#cursor.drain();
    return undefined;
  }

  #skipBody(): void {
    this.#cursor.pass(this.#bodyLeft);
    this.#cursor.skipPadding(this.#padding);
    this.#bodyLeft = 0;
    this.#padding = 0;
  }

  // Headers about the next entry (or all that follow) are taken in; true when `header` was one.
  #isMeta(header: Header, local: PaxRecord[]): boolean {
    switch (header.flag) {
      case 'x':
      case 'X':
        addRecords(local, parsePaxRecords(this.#metaBody(header)));
        return true;
      case 'g':
        addRecords(this.#global, parsePaxRecords(this.#metaBody(header)));
        return true;
      case 'L':
      case 'K': {
        const body = this.#metaBody(header);
        const nul = body.indexOf(0);
        const value = body.toString('latin1', 0, nul < 0 ? body.length : nul);
        addRecords(local, [[header.flag === 'L' ? 'path' : 'linkpath', value]]);
        return true;
      }
      default:
        return false;
    }
  }

  #metaBody(header: Header): Buffer {
    if (header.size > maxMetaBytes) throw invalid(`a header of ${header.size} bytes announces an entry`);
    const body = this.#cursor.copy(header.size);
    this.#cursor.skipPadding(paddingOf(header.size));
    return body;
  }

  #entry(header: Header, block: Buffer, local: readonly PaxRecord[]): Entry | undefined {
    const records = this.#global.length === 0 ? local : [...this.#global, ...local];
    const pax = records.length === 0 ? noRecords : new Map(records);
    // A record with an empty value takes an earlier one back.
    const record = (key: string): string | undefined => pax.get(key) || undefined;
    const name = record('GNU.sparse.name') ?? record('path') ?? header.name;
    const kind = kindOfFlag(header.flag, name);
    const size = record('size');
    const stored = size === undefined ? header.size : paxNumber(size, 'size');
    this.#bodyLeft = kind === undefined || kind === 'file' || header.flag === 'D' ? stored : 0;
    this.#padding = paddingOf(this.#bodyLeft);
    if (kind === undefined) return undefined;
    const sparse = kind === 'file' ? this.#sparse(header, block, records, stored) : undefined;
    const mtime = record('mtime');
    return {
      kind,
      name: name as ByteString,
      linkName: (record('linkpath') ?? header.linkName) as ByteString,
      mode: header.mode,
      uid: idOf(record('uid'), header.uid, 'uid'),
      gid: idOf(record('gid'), header.gid, 'gid'),
      mtime: mtime === undefined ? header.mtime : paxTime(mtime, 'mtime'),
      size: sparse?.realSize ?? this.#bodyLeft,
      ...(sparse === undefined ? {} : { segments: sparse.segments }),
      xattrs: records.length === 0 ? noXattrs : xattrsOf(records),
    };
  }

  #sparse(
    header: Header,
    block: Buffer,
    records: readonly PaxRecord[],
    stored: number,
  ): SparseMap | undefined {
    if (header.flag === 'S') return oldSparse(block, this.#cursor);
    if (records.length === 0) return undefined;
    const map = paxSparse(records, this.#cursor, stored);
    this.#bodyLeft -= map?.mapBytes ?? 0;
    if (this.#bodyLeft < 0) throw invalid('its sparse map is malformed');
    return map;
  }
}

const noRecords: ReadonlyMap<string, string> = new Map();
const noXattrs: Entry['xattrs'] = [];

function addRecords(records: PaxRecord[], more: readonly PaxRecord[]): void {
  if (records.length + more.length > maxRecords) throw invalid('too many pax records');
  for (const record of more) records.push(record);
}

function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

function idOf(record: string | undefined, field: number, key: string): number {
  const id = record === undefined ? field : paxNumber(record, key);
  if (id > maxId) throw invalid(`${key} ${id} is impossibly large`);
  return id;
}

function xattrsOf(records: readonly PaxRecord[]): Entry['xattrs'] {
  const found = new Map<string, Buffer>();
  for (const record of records) {
    const xattr = xattrOf(record);
    if (xattr !== undefined) found.set(xattr.name, xattr.value);
  }
  return [...found].map(([name, value]) => ({ name, value }));
}
