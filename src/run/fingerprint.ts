/**
 * Names for generated files by their content, so that concurrent runs either share a file or do not meet.
 * Not a defence against anybody: the directory is the user's own. Crypto would cost start-up time.
 */

/** 16 hexadecimal digits that depend on every character (two FNV-1a hashes with different starts). */
export function fingerprint(text: string): string {
  return hash(text, 0x811c9dc5) + hash(text, 0x01234567);
}

function hash(text: string, start: number): string {
  let value = start;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return (value >>> 0).toString(16).padStart(8, '0');
}
