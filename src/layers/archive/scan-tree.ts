/** Looks at a tar that is to become the one layer of an image: is it a tar, of a file system, and what is its diff id. */
import { createHash } from 'node:crypto';
import { type DiffId, parseDiffId } from '../../oci/digest.ts';
import { entryPath } from '../extract/entry-path.ts';
import { explain, type Place } from '../extract/explain.ts';
import type { ChunkSource } from '../tar/cursor.ts';
import { invalid } from '../tar/fault.ts';
import { TarReader } from '../tar/reader.ts';

export interface ScannedTree {
  readonly entries: number;
  readonly diffId: DiffId;
  /** It has what the archives have that are to be loaded, not imported. */
  readonly isImageArchive: boolean;
}

/** Reads the archive called `name` to its end. Throws INVALID, INTERRUPTED. */
export function scanTree(name: string, open: () => ChunkSource): ScannedTree {
  const hash = createHash('sha256');
  const tops = new Set<string>();
  let entries = 0;
  let at: Place | undefined;
  try {
    const source = open();
    const reader = new TarReader({
      next: () => {
        const chunk = source.next();
        if (chunk !== undefined) hash.update(chunk);
        return chunk;
      },
    });
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
      at = { relation: 'entry', entry: entry.name };
      const path = entryPath(entry.name);
      if (!path.includes('/') && tops.size < 1000) tops.add(path);
      entries += 1;
      at = { relation: 'after entry', entry: entry.name };
    }
    if (entries === 0) throw invalid('there is nothing in it');
  } catch (error) {
    throw explain(error, 'reading', { kind: 'archive', name }, at);
  }
  return {
    entries,
    diffId: parseDiffId(`sha256:${hash.digest('hex')}`),
    isImageArchive: tops.has('oci-layout') || (tops.has('manifest.json') && tops.has('repositories')),
  };
}
