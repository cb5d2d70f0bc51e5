/**
 * pax extended headers: records `LENGTH KEY=VALUE\n` that override or add to the header that follows (`x`) or to
 * all that follow (`g`). Values are kept as bytes; GNU sparse 0.0 repeats its keys, so order is kept as well.
 * Source: POSIX pax, "pax Extended Header"; xattrs as written by star, GNU tar (SCHILY) and libarchive.
 */
import { Buffer } from 'node:buffer';
import { invalid } from './fault.ts';

/** Keyword and value, one byte per character. */
export type PaxRecord = readonly [key: string, value: string];

/** The records in the body of a pax header. Throws INVALID when a length does not fit. */
export function parsePaxRecords(body: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + recordLength(body, at);
    const equals = body.indexOf(0x3d, at);
    if (end > body.length || body[end - 1] !== 0x0a || equals < 0 || equals >= end) throw malformed();
    const key = body.indexOf(0x20, at) + 1;
    if (key > equals) throw malformed();
    records.push([body.toString('latin1', key, equals), body.toString('latin1', equals + 1, end - 1)]);
    at = end;
  }
  return records;
}

/** The extended attribute a record stands for; undefined when it is about something else. */
export function xattrOf([key, value]: PaxRecord): { name: string; value: Buffer } | undefined {
  if (key.startsWith('SCHILY.xattr.')) return { name: key.slice(13), value: Buffer.from(value, 'latin1') };
  if (!key.startsWith('LIBARCHIVE.xattr.')) return undefined;
  const name = key
    .slice(17)
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return { name, value: Buffer.from(value, 'base64') };
}

function recordLength(body: Buffer, at: number): number {
  let length = 0;
  for (let digit = at; digit < at + 8; digit++) {
    const byte = body[digit] ?? 0;
    if (byte === 0x20 && digit > at && length > digit - at) return length;
    if (byte < 0x30 || byte > 0x39) break;
    length = length * 10 + byte - 0x30;
  }
  throw malformed();
}

function malformed(): Error {
  return invalid('its pax header is malformed');
}
