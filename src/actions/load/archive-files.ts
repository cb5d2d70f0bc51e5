/** The members of an unpacked archive by their names, through links, and its documents, in bounds. */
import { isUdockerError, UdockerError } from '../../errors.ts';
import type { Member } from '../../layers/archive/member.ts';
import { entryPath } from '../../layers/extract/entry-path.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { readBytes } from '../../system/files.ts';

export type ArchiveFile = Extract<Member, { kind: 'file' }>;

/** No manifest or configuration comes near; registries refuse from 4 MiB on. */
const maxDocumentBytes = 8 << 20;
const maxLinks = 8;

export class ArchiveFiles {
  readonly #members: ReadonlyMap<string, Member>;
  readonly all: readonly ArchiveFile[];

  /** `origin` names the archive in errors. */
  constructor(
    members: readonly Member[],
    readonly origin: string,
  ) {
    this.#members = new Map(members.map((member) => [member.name, member]));
    this.all = members.filter((member) => member.kind === 'file');
  }

  /** The file called `name`, or that a link of that name leads to; undefined when there is none. */
  find(name: string): ArchiveFile | undefined {
    let member = this.#members.get(plain(name));
    for (let links = 0; member?.kind === 'link' && links < maxLinks; links++) {
      member = this.#members.get(member.target);
    }
    return member?.kind === 'file' ? member : undefined;
  }

  /** The same, but throws INVALID. */
  require(name: string): ArchiveFile {
    const found = this.find(name);
    if (found !== undefined) return found;
    throw this.invalid(`its file ${name} is missing`);
  }

  /** The content of a document. Throws INVALID for one that is impossibly large. */
  read(file: ArchiveFile): Uint8Array {
    if (file.size > maxDocumentBytes)
      throw this.invalid(`its file ${file.name} is too large for what it should be`);
    return readBytes(file.path) ?? new Uint8Array();
  }

  invalid(why: string): UdockerError {
    return new UdockerError('INVALID', `reading ${this.origin}: ${why}`, { hint: 'save the image again' });
  }
}

/** Names come as bytes; those of images are plain. What climbs out is the name of nothing. */
function plain(name: string): string {
  try {
    return entryPath(name as ByteString);
  } catch (error) {
    if (isUdockerError(error, 'INVALID')) return '';
    throw error;
  }
}
