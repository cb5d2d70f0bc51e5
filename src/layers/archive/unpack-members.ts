/**
 * Takes an archive of files apart. The names in it are data and never part of a path: each file is put under a number
 * and hashed on its way, so nothing that an archive says can lead anywhere.
 */
import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '../../oci/digest.ts';
import { type HostPath, hostPath } from '../../paths.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { removeFile } from '../../system/files.ts';
import { createNewFile } from '../../system/new-file.ts';
import { entryPath, inside, parentPath } from '../extract/entry-path.ts';
import { explain, type Place } from '../extract/explain.ts';
import type { ChunkSource } from '../tar/cursor.ts';
import type { Entry } from '../tar/entry.ts';
import { invalid } from '../tar/fault.ts';
import { TarReader } from '../tar/reader.ts';
import type { Member } from './member.ts';

/** An image of 127 layers has some 400; the tar of a file system, taken for an image, many more. */
const maxMembers = 10_000;
const startBytes = 8;

/**
 * Writes every file of the archive to `prefix` and a number. Throws INVALID, STORAGE, INTERRUPTED naming archive and
 * entry; no file is left then.
 */
export function unpackMembers(name: string, prefix: HostPath, open: () => ChunkSource): readonly Member[] {
  const members: Member[] = [];
  let at: Place | undefined;
  try {
    const reader = new TarReader(open());
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
      at = { relation: 'entry', entry: entry.name };
      const member = memberOf(entry, reader, hostPath(`${prefix}${members.length}`));
      if (member !== undefined) members.push(member);
      if (members.length > maxMembers) throw tooMany();
      at = { relation: 'after entry', entry: entry.name };
    }
    return members;
  } catch (error) {
    for (const member of members) if (member.kind === 'file') removeFile(member.path);
    throw explain(error, 'reading', { kind: 'archive', name }, at);
  }
}

function memberOf(entry: Entry, reader: TarReader, path: HostPath): Member | undefined {
  const name = entryPath(entry.name);
  switch (entry.kind) {
    case 'file':
      return { kind: 'file', name, path, ...writeFile(entry, name, reader, path) };
    case 'hard-link':
      return { kind: 'link', name, target: entryPath(entry.linkName) };
    case 'symlink':
      return { kind: 'link', name, target: entryPath(inside(parentPath(name), entry.linkName)) };
    case 'directory':
      return undefined;
    default:
      throw invalid('it is neither a file nor a directory: images are not stored like this');
  }
}

function writeFile(
  entry: Entry,
  name: ByteString,
  reader: TarReader,
  path: HostPath,
): { size: number; digest: Digest; start: string } {
  if (entry.segments !== undefined) throw invalid('it is stored with holes: pack it without --sparse');
  const algorithm = /^blobs\/sha512\//.test(name) ? 'sha512' : 'sha256';
  const hash = createHash(algorithm);
  const file = createNewFile(path);
  let start = '';
  try {
    reader.body((chunk, from, to) => {
      file.write(chunk, from, to);
      hash.update(chunk.subarray(from, to));
      if (start.length < startBytes) start += chunk.toString('latin1', from, Math.min(to, from + startBytes));
    });
    file.close();
  } catch (error) {
    file.remove();
    throw error;
  }
  return { size: entry.size, digest: parseDigest(`${algorithm}:${hash.digest('hex')}`), start };
}

function tooMany(): Error {
  return invalid(
    `it has more than ${maxMembers} files, which no image has; file systems are for udocker import`,
  );
}
