/** Copies bytes from a file or the standard input to a new file, and hashes them on their way. */
import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '../../oci/digest.ts';
import type { HostPath } from '../../paths.ts';
import { createNewFile } from '../../system/new-file.ts';
import { FileReader } from '../../system/read-file.ts';
import { explain } from '../extract/explain.ts';

export interface Spooled {
  readonly digest: Digest;
  readonly size: number;
  /** The first bytes, one per character. */
  readonly start: string;
}

const pieceBytes = 1 << 20;
const startBytes = 8;

/**
 * Copies `source` to `target`, or only hashes it without one. `check` is called often and may throw. Throws STORAGE,
 * INTERRUPTED; no half of a copy is left then.
 */
export function spool(
  source: HostPath,
  target: HostPath | undefined,
  name: string,
  check: () => void,
): Spooled {
  try {
    const reader = new FileReader(source, pieceBytes, check);
    try {
      return copy(reader, target, check);
    } finally {
      reader.close();
    }
  } catch (error) {
    throw explain(error, 'copying', { kind: 'archive', name });
  }
}

function copy(reader: FileReader, target: HostPath | undefined, check: () => void): Spooled {
  const file = target === undefined ? undefined : createNewFile(target);
  const hash = createHash('sha256');
  let [size, start] = [0, ''];
  try {
    for (let piece = reader.next(); piece !== undefined; piece = reader.next()) {
      check();
      file?.write(piece, 0, piece.length);
      hash.update(piece);
      size += piece.length;
      if (start.length < startBytes) start += piece.toString('latin1', 0, startBytes);
    }
    file?.close();
  } catch (error) {
    file?.remove();
    throw error;
  }
  return { digest: parseDigest(`sha256:${hash.digest('hex')}`), size, start: start.slice(0, startBytes) };
}
