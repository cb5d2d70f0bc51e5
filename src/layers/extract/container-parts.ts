/**
 * Tells apart what is in the archive of a whole container: the entries below `ROOT/`, which are its tree, and the few
 * small files that udocker keeps beside it. All else, also what other udockers keep there, is passed over.
 */
import { Buffer } from 'node:buffer';
import { type HostPath, under } from '../../paths.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { writeFileAtomically } from '../../system/files.ts';
import { formatOwners, parseOwners } from '../owners/list.ts';
import { ownersMember, rootMember } from '../survey/export-form.ts';
import type { Entry } from '../tar/entry.ts';
import { invalid } from '../tar/fault.ts';
import { entryPath } from './entry-path.ts';
import type { Body } from './file.ts';

const takenFiles: readonly string[] = [
  'container.json',
  'imagerepo.name',
  'execmode',
  ownersMember,
  // What the first udocker notes of its changes for the F modes.
  ...['root.path', 'patch.path', 'ld.lib.dirs', 'ld.so.path', 'ld.so.orig'],
];
const maxBytes = 64 << 20;

export class ContainerParts {
  readonly #directory: HostPath;
  /** Owners come as a list of their own; without it those of the headers are of whoever packed the archive. */
  hasOwners = false;
  #hasRoot = false;
  #hasConfig = false;

  /** Files are written to `directory`. */
  constructor(directory: HostPath) {
    this.#directory = directory;
  }

  /** The entry as one of the tree; undefined for another one, which is done with then. Throws INVALID. */
  take(entry: Entry, body: Body): Entry | undefined {
    const path = entryPath(entry.name);
    if (path === rootMember || path.startsWith(`${rootMember}/`)) {
      this.#hasRoot = true;
      const linkName = entry.kind === 'hard-link' ? stripped(entryPath(entry.linkName)) : entry.linkName;
      return { ...entry, name: stripped(path), linkName, uid: 0, gid: 0 };
    }
    if (takenFiles.includes(path)) this.#keep(entry, path, body);
    return undefined;
  }

  /** To be called at the end. Throws INVALID when it was not the archive of a container. */
  finish(): void {
    if (this.#hasRoot && this.#hasConfig) return;
    throw invalid('it is not what udocker export --clone writes: ROOT and container.json are not in it');
  }

  #keep(entry: Entry, path: ByteString, body: Body): void {
    if (entry.kind !== 'file' || entry.segments !== undefined) throw invalid('it is not a plain file');
    if (entry.size > maxBytes) throw invalid('it is too large for what it should be');
    const pieces: Buffer[] = [];
    body.body((chunk, start, end) => pieces.push(Buffer.from(chunk.subarray(start, end))));
    const content = Buffer.concat(pieces);
    if (path === 'container.json') this.#hasConfig = true;
    if (path === ownersMember) this.hasOwners = true;
    const checked = path === ownersMember ? formatOwners(parseOwners(content)) : content;
    writeFileAtomically(under(this.#directory, path), checked);
  }
}

function stripped(path: ByteString): ByteString {
  if (path !== rootMember && !path.startsWith(`${rootMember}/`)) throw invalid('a hard link out of ROOT');
  return (path === rootMember ? './' : path.slice(rootMember.length + 1)) as ByteString;
}
