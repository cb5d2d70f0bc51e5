/**
 * One header block of 512 bytes: v7, POSIX ustar and GNU layouts. Offsets are those of POSIX ustar; GNU uses the
 * space of the prefix for other things, so the prefix counts only with the POSIX magic.
 */
import type { Buffer } from 'node:buffer';
import { isUdockerError } from '../../errors.ts';
import { invalid } from './fault.ts';
import { headerNumber, headerSize } from './numbers.ts';

export const blockBytes = 512;

export interface Header {
  /** The type flag as a character; NUL for old archives. */
  readonly flag: string;
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of the body in the archive. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/** True for a block of zeros, two of which end an archive. */
export function isZeroBlock(block: Buffer): boolean {
  if (block[0] !== 0) return false;
  for (let at = 0; at < blockBytes; at++) if (block[at] !== 0) return false;
  return true;
}

/** Parses a header block. Throws INVALID for a wrong checksum or a field that is not a number. */
export function parseHeader(block: Buffer): Header {
  checkSum(block);
  return {
    flag: String.fromCharCode(block[156] ?? 0),
    name: fullName(block),
    linkName: text(block, 157, 100),
    mode: headerNumber(block, 100, 8, 'mode') & 0o7777,
    uid: headerSize(block, 108, 8, 'uid'),
    gid: headerSize(block, 116, 8, 'gid'),
    size: headerSize(block, 124, 12, 'size'),
    mtime: headerNumber(block, 136, 12, 'mtime'),
  };
}

/** The bytes of a field up to its first NUL. */
export function text(block: Buffer, offset: number, length: number): string {
  const nul = block.indexOf(0, offset);
  return block.toString('latin1', offset, nul < 0 || nul > offset + length ? offset + length : nul);
}

function fullName(block: Buffer): string {
  const name = text(block, 0, 100);
  // "ustar\0" is POSIX; "ustar  \0" is GNU, which keeps times and its sparse map where POSIX has the prefix.
  if (block[262] !== 0 || block.toString('latin1', 257, 262) !== 'ustar') return name;
  const prefix = text(block, 345, 155);
  return prefix === '' ? name : `${prefix}/${name}`;
}

// Some old programs summed signed bytes; both sums are accepted, as tar does.
function checkSum(block: Buffer): void {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let at = 0; at < blockBytes; at++) {
    if (at === 148) at = 156;
    const byte = block[at] ?? 0;
    unsigned += byte;
    if (byte > 127) high += 1;
  }
  const stored = storedSum(block);
  if (stored !== unsigned && stored !== unsigned - 256 * high) {
    throw invalid('wrong checksum in a tar header: damaged, or not a tar archive');
  }
}

/** Undefined when the field is not a number: then it is no header at all. */
function storedSum(block: Buffer): number | undefined {
  try {
    return headerNumber(block, 148, 8, 'checksum');
  } catch (error) {
    if (!isUdockerError(error, 'INVALID')) throw error;
    return undefined;
  }
}
