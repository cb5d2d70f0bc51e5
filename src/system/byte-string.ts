/**
 * Names in a tar and on disk are bytes, not text: many are not UTF-8. A ByteString holds one byte per character
 * (code units 0..255), so that names can be split, compared and used as keys, and still reach the kernel unchanged.
 */
import { Buffer } from 'node:buffer';
import type { Brand } from '../paths.ts';

/** One byte per character. Not text: print it with `readable`. */
export type ByteString = Brand<string, 'ByteString'>;

/** True when `name` is the same as bytes and as text. */
export function isPlain(name: string): boolean {
  return !/[^\0-\x7f]/.test(name);
}

/** The bytes `name` stands for. */
export function bytesOf(name: ByteString): Buffer {
  return Buffer.from(name, 'latin1');
}

/** `name` as text for people: decoded as UTF-8, control characters escaped. */
export function readable(name: ByteString): string {
  const text = isPlain(name) ? name : bytesOf(name).toString('utf8');
  return text.replace(/[\0-\x1f\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
