/**
 * Files with holes, in the four ways GNU tar has stored them: a map in the header (old GNU), in repeated pax records
 * (0.0), in one pax record (0.1), or in front of the data (1.0). All become a list of segments.
 * Source: GNU tar manual, "Storing Sparse Files".
 */
import type { Buffer } from 'node:buffer';
import type { Cursor } from './cursor.ts';
import { invalid } from './fault.ts';
import { blockBytes } from './header.ts';
import { headerSize, paxNumber } from './numbers.ts';
import type { PaxRecord } from './pax.ts';

/** `length` bytes of data that belong at byte `offset` of the file. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

export interface SparseMap {
  readonly segments: readonly Segment[];
  /** Size of the whole file, holes included. */
  readonly realSize: number;
  /** Bytes of map already taken from the body. */
  readonly mapBytes: number;
}

const maxSegments = 1 << 20;

/** The map of an old GNU sparse header and the blocks that continue it. Throws INVALID. */
export function oldSparse(header: Buffer, cursor: Cursor): SparseMap {
  const numbers: number[] = [];
  const realSize = headerSize(header, 483, 12, 'real size');
  collect(header, 386, 4, numbers);
  for (let more = header[482] !== 0; more; ) {
    const block = cursor.take(blockBytes);
    if (block === undefined) throw invalid('the archive ends in its sparse map');
    collect(block, 0, 21, numbers);
    more = block[504] !== 0;
  }
  return { segments: pairUp(numbers, realSize), realSize, mapBytes: 0 };
}

/** The map that pax records describe; undefined when the file is not sparse. Throws INVALID. */
export function paxSparse(
  records: readonly PaxRecord[],
  cursor: Cursor,
  stored: number,
): SparseMap | undefined {
  const value = new Map(records);
  if (value.get('GNU.sparse.major') === '1') return inFront(value, cursor, stored);
  const size = value.get('GNU.sparse.size');
  if (size === undefined) return undefined;
  const realSize = paxNumber(size, 'GNU.sparse.size');
  const map = value.get('GNU.sparse.map');
  const words = map === undefined ? repeated(records) : map === '' ? [] : map.split(',');
  const numbers = words.map((word) => paxNumber(word, 'GNU.sparse.map'));
  return { segments: pairUp(numbers, realSize), realSize, mapBytes: 0 };
}

function inFront(value: ReadonlyMap<string, string>, cursor: Cursor, stored: number): SparseMap {
  const realSize = paxNumber(value.get('GNU.sparse.realsize') ?? '', 'GNU.sparse.realsize');
  const start = cursor.position;
  let unread = '';
  const next = (): number => {
    let newline = unread.indexOf('\n');
    while (newline < 0) {
      if (cursor.position - start >= stored || unread.length > 20)
        throw invalid('its sparse map is malformed');
      unread += (cursor.take(blockBytes) ?? cutShort()).toString('latin1');
      newline = unread.indexOf('\n');
    }
    const word = unread.slice(0, newline);
    unread = unread.slice(newline + 1);
    return paxNumber(word, 'its sparse map');
  };
  const count = next();
  if (count > maxSegments) throw invalid('its sparse map is impossibly long');
  const numbers = Array.from({ length: count * 2 }, next);
  return { segments: pairUp(numbers, realSize), realSize, mapBytes: cursor.position - start };
}

function cutShort(): never {
  throw invalid('the archive ends in its sparse map');
}

function repeated(records: readonly PaxRecord[]): string[] {
  return records
    .filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
    .map(([, value]) => value);
}

// An entry whose first byte is NUL ends the table.
function collect(block: Buffer, at: number, count: number, numbers: number[]): void {
  for (let entry = at; entry < at + count * 24 && block[entry] !== 0; entry += 24) {
    numbers.push(
      headerSize(block, entry, 12, 'sparse offset'),
      headerSize(block, entry + 12, 12, 'sparse length'),
    );
  }
  if (numbers.length > 2 * maxSegments) throw invalid('its sparse map is impossibly long');
}

function pairUp(numbers: readonly number[], realSize: number): Segment[] {
  const segments: Segment[] = [];
  let free = 0;
  for (let at = 0; at < numbers.length; at += 2) {
    const offset = numbers[at] ?? 0;
    const length = numbers[at + 1];
    if (length === undefined || offset < free || offset + length > realSize)
      throw invalid('its sparse map is malformed');
    free = offset + length;
    segments.push({ offset, length });
  }
  return segments;
}
