/**
 * Takes a prefix off the paths by which a program finds its loader and libraries. The F modes of the first udocker put
 * the container's place on the host in front of them. Shorter texts fit where the longer ones are, so nothing moves.
 * Sources: System V ABI, "ELF header", "Program header", "Dynamic section".
 */
import { Buffer } from 'node:buffer';
import { readAt } from '../../system/read-tree.ts';

const segmentKind = { load: 1, dynamic: 2, interpreter: 3 } as const;
/** Entries of the dynamic section whose value is the offset of a text. */
const textTags: ReadonlySet<number> = new Set([1, 15, 29]); // DT_NEEDED, DT_RPATH, DT_RUNPATH
const tagOfTexts = 5; // DT_STRTAB
/** No text or table of a program that runs is longer. */
const longest = 1 << 16;

interface Segment {
  readonly kind: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Bytes that are to stand at `offset` of a file. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** What must be written into the open file `fd` to take the prefix off. Nothing where it is no ELF file. */
export function withoutElfPrefix(fd: number, prefix: string): Piece[] {
  const file = new ElfFile(fd);
  const pieces: Piece[] = [];
  for (const offset of file.isElf ? textPlaces(file) : []) {
    const text = file.text(offset);
    const stripped = strip(text, prefix);
    if (stripped === text) continue;
    const bytes = Buffer.alloc(text.length, 0);
    bytes.write(stripped, 'latin1');
    pieces.push({ offset, bytes });
  }
  return pieces;
}

/** A path, or several with colons between. */
function strip(text: string, prefix: string): string {
  const one = (path: string): string => {
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return path;
    return `/${path.slice(prefix.length).replace(/^\/+/, '')}`;
  };
  return text.split(':').map(one).join(':');
}

function textPlaces(file: ElfFile): number[] {
  const segments = file.segments();
  const places = segments.filter(({ kind }) => kind === segmentKind.interpreter).map(({ offset }) => offset);
  const dynamic = segments.find(({ kind }) => kind === segmentKind.dynamic);
  if (dynamic === undefined) return places;
  const entries = file.dynamicEntries(dynamic);
  const address = entries.find(({ tag }) => tag === tagOfTexts)?.value;
  const home = segments.find(
    (it) =>
      it.kind === segmentKind.load &&
      address !== undefined &&
      address >= it.address &&
      address - it.address < it.size,
  );
  if (address === undefined || home === undefined) return places;
  const texts = home.offset + address - home.address;
  return [...places, ...entries.filter(({ tag }) => textTags.has(tag)).map(({ value }) => texts + value)];
}

class ElfFile {
  readonly isElf: boolean;
  readonly #is64: boolean;
  readonly #little: boolean;
  readonly #head: Buffer;

  constructor(readonly fd: number) {
    this.#head = this.#read(0, 64);
    this.isElf = this.#head.length === 64 && this.#head.toString('latin1', 0, 4) === '\u007fELF';
    this.#is64 = this.#head[4] === 2;
    this.#little = this.#head[5] === 1;
  }

  segments(): Segment[] {
    const at = this.#word(this.#head, this.#is64 ? 32 : 28);
    const entry = this.#half(this.#head, this.#is64 ? 54 : 42);
    const count = this.#half(this.#head, this.#is64 ? 56 : 44);
    const wide = this.#is64 ? 8 : 4;
    if (entry < (this.#is64 ? 56 : 32)) return [];
    const table = this.#read(at, Math.min(entry * count, longest));
    return Array.from({ length: Math.floor(table.length / entry) }, (_, index) => {
      const row = table.subarray(index * entry, (index + 1) * entry);
      return {
        kind: this.#int(row, 0),
        offset: this.#word(row, wide),
        address: this.#word(row, 2 * wide),
        size: this.#word(row, 4 * wide),
      };
    });
  }

  dynamicEntries({ offset, size }: Segment): { readonly tag: number; readonly value: number }[] {
    const wide = this.#is64 ? 8 : 4;
    const table = this.#read(offset, Math.min(size, longest));
    const entries = [];
    for (let at = 0; at + 2 * wide <= table.length; at += 2 * wide) {
      const tag = this.#word(table, at);
      if (tag === 0) break;
      entries.push({ tag, value: this.#word(table, at + wide) });
    }
    return entries;
  }

  /** The text at `offset`, up to its NUL. */
  text(offset: number): string {
    const bytes = this.#read(offset, longest);
    const end = bytes.indexOf(0);
    return bytes.toString('latin1', 0, Math.max(0, end));
  }

  #read(offset: number, length: number): Buffer {
    if (!Number.isSafeInteger(offset)) return Buffer.alloc(0);
    const bytes = Buffer.alloc(length);
    let done = 0;
    for (let read = 1; read > 0 && done < length; done += read)
      read = readAt(this.fd, bytes.subarray(done), length - done, offset + done);
    return bytes.subarray(0, done);
  }

  #half(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }

  #int(bytes: Buffer, at: number): number {
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  #word(bytes: Buffer, at: number): number {
    if (!this.#is64) return this.#int(bytes, at);
    return Number(this.#little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  }
}
