/**
 * Numbers in tar headers: octal text, GNU's base-256 for what does not fit, and the decimals of pax. Everything is
 * bounded to what a JavaScript number holds exactly; beyond that (8 PiB) the archive is refused.
 */
import type { Buffer } from 'node:buffer';
import { invalid } from './fault.ts';

/** The number in `length` bytes of `block` at `offset`; an empty field is 0. Throws INVALID naming `field`. */
export function headerNumber(block: Buffer, offset: number, length: number, field: string): number {
  const first = block[offset] ?? 0;
  return first & 0x80 ? base256(block, offset, length, field) : octal(block, offset, length, field);
}

/** As `headerNumber`, but never negative. */
export function headerSize(block: Buffer, offset: number, length: number, field: string): number {
  return notNegative(headerNumber(block, offset, length, field), field);
}

/** A whole decimal of a pax record, not negative. Throws INVALID naming `key`. */
export function paxNumber(value: string, key: string): number {
  if (!/^[0-9]{1,19}$/.test(value)) throw invalid(`${key} is not a number in its pax header`);
  return exact(Number(value), key);
}

/** Seconds since 1970 of a pax record, possibly negative, possibly with a fraction. Throws INVALID naming `key`. */
export function paxTime(value: string, key: string): number {
  if (!/^-?[0-9]{1,19}(\.[0-9]*)?$/.test(value)) throw invalid(`${key} is not a time in its pax header`);
  return Number(value);
}

function octal(block: Buffer, offset: number, length: number, field: string): number {
  let value = 0;
  let digits = 0;
  for (let at = offset; at < offset + length; at++) {
    const byte = block[at] ?? 0;
    if (byte >= 0x30 && byte <= 0x37) {
      value = value * 8 + (byte - 0x30);
      digits += 1;
    } else if (byte !== 0x20 && byte !== 0) {
      throw invalid(`${field} is not a number in its header`);
    } else if (digits > 0) break;
  }
  return value;
}

// Two's complement, most significant byte first; bit 7 of the first byte is the marker, bit 6 the sign.
function base256(block: Buffer, offset: number, length: number, field: string): number {
  const negative = ((block[offset] ?? 0) & 0x40) !== 0;
  let value = 0;
  for (let at = offset; at < offset + length; at++) {
    const marked = at === offset ? ((block[at] ?? 0) & 0x7f) | (negative ? 0x80 : 0) : (block[at] ?? 0);
    value = value * 256 + (negative ? 255 - marked : marked);
    exact(value, field);
  }
  return negative ? -1 - value : value;
}

function exact(value: number, field: string): number {
  if (!Number.isSafeInteger(value)) throw invalid(`${field} is impossibly large`);
  return value;
}

function notNegative(value: number, field: string): number {
  if (value < 0) throw invalid(`${field} is negative`);
  return value;
}
