/**
 * Writes a container's tree as a tar archive, as programs in the container see it: owners, set-id bits and device
 * nodes that only the engine knows of, hard links, holes (GNU sparse format 1.0), attributes under their own names.
 */
import { Buffer } from 'node:buffer';
import type { HostPath } from '../../paths.ts';
import { under } from '../../paths.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { openOutputFile } from '../../system/output-file.ts';
import {
  attributesOf,
  dataSegments,
  type NodeStats,
  openRegular,
  readAt,
  whileReadable,
} from '../../system/read-tree.ts';
import { close, Tree } from '../../system/tree.ts';
import { inside, lastName, parentPath, rootPath } from '../extract/entry-path.ts';
import { type KnownOwners, knownOwners } from '../owners/known-owners.ts';
import { formatOwners, type Ownership } from '../owners/list.ts';
import { isDevice } from '../owners/table.ts';
import type { EntryKind } from '../tar/entry.ts';
import { blockBytes } from '../tar/header.ts';
import type { NewEntry } from '../tar/header-block.ts';
import type { Segment } from '../tar/sparse.ts';
import { TarWriter } from '../tar/writer.ts';
import { type ExportForm, ownersMember, rootMember } from './export-form.ts';
import { madeMountPoints } from './mount-points.ts';
import { guestTarget, noOmissions, type Omissions, type TreeSource } from './source.ts';
import { type Visitor, walkTree } from './walk.ts';

const pieceBytes = 1 << 20;
/** Holes of less are not worth a map, which old programs do not read. */
const worthwhileHoles = 64 * 1024;

/**
 * Writes `source` to `output` in `form`. `check` is called often and may throw; `at` hears which path is being written.
 * Throws the kernel's errors; no half of a file is left then.
 */
export function exportTree(
  source: TreeSource,
  output: HostPath,
  form: ExportForm,
  check: () => void,
  at: (path: ByteString) => void,
): Omissions {
  const file = openOutputFile(output);
  const writer = new TarWriter((chunk, start, end) => {
    check();
    file.write(chunk, start, end);
  });
  try {
    const exporter = new Exporter(source, writer, form, at);
    if (form.kind === 'container') for (const { name, text } of form.files) addText(writer, name, text);
    walkTree(exporter.tree, exporter);
    if (form.kind === 'container') addText(writer, ownersMember, formatOwners(exporter.owners));
    writer.end();
    file.publish();
    return exporter.omissions;
  } catch (error) {
    file.abandon();
    throw error;
  }
}

function addText(writer: TarWriter, name: string, text: string | Buffer): void {
  const common = { mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;
  writer.file({ ...common, name: name as ByteString }, Buffer.from(text));
}

class Exporter implements Visitor {
  readonly tree: Tree;
  readonly owners = new Map<ByteString, Ownership>();
  readonly omissions = noOmissions();
  readonly omits: Visitor['omits'];
  readonly #known: KnownOwners;
  readonly #buffer = Buffer.allocUnsafeSlow(pieceBytes);

  constructor(
    readonly source: TreeSource,
    readonly writer: TarWriter,
    readonly form: ExportForm,
    readonly at: (path: ByteString) => void,
  ) {
    this.tree = new Tree(source.root);
    const files = { root: source.root, list: source.owners, table: under(source.state, 'ownership') };
    this.#known = knownOwners(files);
    this.omits = madeMountPoints(this.tree, under(source.state, 'mount-points'));
  }

  enter(path: ByteString, stats: NodeStats): void {
    this.at(path);
    const entry = this.#entry('directory', path, stats);
    // Unpacking must not change the directory it is done in, if there is nothing to say about it.
    const plain = entry.uid === 0 && entry.gid === 0 && entry.mode === 0o755;
    if (path === rootPath && plain && this.form.kind === 'tree') return;
    const xattrs = whileReadable(this.tree.host(path), stats, () =>
      this.#attributes(this.tree.openDirectory(path)),
    );
    this.writer.entry({ ...entry, name: path === rootPath && entry.name === '' ? dot : entry.name, xattrs });
  }

  leave(): void {}

  file(path: ByteString, stats: NodeStats): boolean {
    this.at(path);
    const { mode, device } = this.#known.of(path, stats);
    if (!isDevice(mode)) return whileReadable(this.tree.host(path), stats, () => this.#file(path, stats));
    // An empty file as on disk: the list of owners says what it is, and no tar could make a device node of it.
    if (this.form.kind === 'container') {
      this.writer.entry({ ...this.#entry('file', path, stats), mode: 0 });
      return true;
    }
    const kind = (mode & 0o170000) === 0o020000 ? 'character-device' : 'block-device';
    this.writer.entry({ ...this.#entry(kind, path, stats), device: device ?? { major: 0, minor: 0 } });
    return true;
  }

  symlink(path: ByteString, stats: NodeStats): void {
    this.at(path);
    const linkName = guestTarget(this.tree.readLink(path), this.source);
    this.writer.entry({ ...this.#entry('symlink', path, stats), linkName });
  }

  fifo(path: ByteString, stats: NodeStats): boolean {
    this.at(path);
    this.writer.entry(this.#entry('fifo', path, stats));
    return true;
  }

  link(path: ByteString, stats: NodeStats, first: ByteString): void {
    this.at(path);
    this.writer.entry({ ...this.#entry('hard-link', path, stats), linkName: this.#named(first) });
  }

  #file(path: ByteString, stats: NodeStats): boolean {
    const fd = openRegular(this.tree.host(path));
    if (fd === undefined) return false;
    try {
      const entry = { ...this.#entry('file', path, stats), xattrs: this.#attributes(fd, 'stays') };
      const { size } = stats;
      const holes = size - stats.blocks * 512 > worthwhileHoles;
      const segments = holes ? dataSegments(fd, size) : [{ offset: 0, length: size }];
      if (holes) this.#beginSparse(entry, segments, size);
      else this.writer.entry({ ...entry, size });
      for (const segment of segments) this.#content(fd, segment);
      if (this.writer.finishBody() > 0) this.omissions.changed += 1;
      return true;
    } finally {
      close(fd);
    }
  }

  // The map comes first in the body, filled up to a block; the true name and size are in records.
  #beginSparse(entry: NewEntry, segments: readonly Segment[], size: number): void {
    const last = segments.at(-1);
    const atEnd = last !== undefined && last.offset + last.length === size;
    const all = atEnd ? segments : [...segments, { offset: size, length: 0 }];
    const numbers = [all.length, ...all.flatMap(({ offset, length }) => [offset, length])];
    const text = numbers.map((number) => `${number}\n`).join('');
    const map = Buffer.alloc(Math.ceil(text.length / blockBytes) * blockBytes);
    map.write(text, 'latin1');
    const data = segments.reduce((sum, { length }) => sum + length, 0);
    const records = [
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', entry.name],
      ['GNU.sparse.realsize', String(size)],
    ].map(([key = '', value = '']) => [key, Buffer.from(value, 'latin1')] as const);
    const placeholder = inside(
      inside(parentPath(entry.name), 'GNUSparseFile.0' as ByteString),
      lastName(entry.name),
    );
    this.writer.entry({ ...entry, name: placeholder, size: map.length + data, records });
    this.writer.body(map, 0, map.length);
  }

  #content(fd: number, { offset, length }: Segment): void {
    for (let done = 0; done < length; ) {
      const read = readAt(fd, this.#buffer, Math.min(pieceBytes, length - done), offset + done);
      if (read === 0) return;
      this.writer.body(this.#buffer, 0, read);
      done += read;
    }
  }

  #entry(kind: EntryKind, path: ByteString, stats: NodeStats): NewEntry {
    const owner = this.#known.of(path, stats);
    const { uid, gid, mode } = owner;
    if (uid !== 0 || gid !== 0 || mode !== stats.mode) this.owners.set(path, owner);
    const mtime = Number(stats.mtimeNs / 1_000_000_000n);
    return { kind, name: this.#named(path), mode: mode & 0o7777, uid, gid, mtime, size: 0 };
  }

  #named(path: ByteString): ByteString {
    if (this.form.kind === 'tree') return path;
    return path === rootPath ? (rootMember as ByteString) : inside(rootMember as ByteString, path);
  }

  /** What the engine keeps for the guest under names that a user may set goes out under the guest's. */
  #attributes(fd: number | undefined, then: 'closes' | 'stays' = 'closes'): NonNullable<NewEntry['xattrs']> {
    if (fd === undefined) return [];
    try {
      const all = attributesOf(fd).filter(({ name }) => name.startsWith('user.'));
      if (this.form.kind === 'container') return all;
      return all.map(({ name, value }) => ({
        name: name.replace(/^user\.udocker\.(?=security\.|trusted\.)/, ''),
        value,
      }));
    } finally {
      if (then === 'closes') close(fd);
    }
  }
}

const dot = '.' as ByteString;
