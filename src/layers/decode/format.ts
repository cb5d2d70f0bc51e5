/** How a layer is compressed, told by its first bytes; registries and old images are wrong about media types. */
import type { Buffer } from 'node:buffer';
import { UdockerError } from '../../errors.ts';

export type Format = 'gzip' | 'zstd' | 'plain';

/** The format of a blob that begins with `start`. Throws INVALID for compressions that images do not use. */
export function formatOf(start: Buffer): Format {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  const magic = start.length < 4 ? 0 : start.readUInt32LE(0);
  // A skippable frame may come first; pzstd and zstd:chunked write some.
  if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
  if (magic === 0x587a37fd) throw unsupported('xz');
  if (start.toString('latin1', 0, 3) === 'BZh') throw unsupported('bzip2');
  return 'plain';
}

function unsupported(name: string): UdockerError {
  return new UdockerError('INVALID', `compressed with ${name}; layers are gzip, zstd or plain tar`, {
    hint: `decompress it on the way, such as: ${name} -dc FILE | udocker load -; push an image again with gzip compression`,
    details: { compression: name },
  });
}
