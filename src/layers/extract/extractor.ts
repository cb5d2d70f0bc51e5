/**
 * Applies the entries of layers to a root file system, as an unprivileged user. Invariants: every path handed to the
 * tree has real directories only before its last component (Directories sees to that), nothing is created through
 * what already exists (O_EXCL; the old thing is removed first), so nothing is ever written outside the root.
 */
import type { ByteString } from '../../system/byte-string.ts';
import type { NodeKind, Tree } from '../../system/tree.ts';
import type { Entry } from '../tar/entry.ts';
import { invalid } from '../tar/fault.ts';
import type { Counts } from './counts.ts';
import { Directories } from './directories.ts';
import { diskMode, FileModes, imageMode } from './disk-mode.ts';
import { entryPath, inside, lastName, parentPath, rootPath } from './entry-path.ts';
import { type Body, createFile } from './file.ts';
import { linkOrCopy } from './hard-link.ts';
import { place } from './place.ts';
import { Records } from './records.ts';
import { Removal } from './removal.ts';
import { makeFifoAt, setXattrs } from './special.ts';
import { Touched } from './touched.ts';
import { applyWhiteout, whiteoutOf } from './whiteout.ts';

export class Extractor {
  readonly records = new Records();
  readonly directories: Directories;
  readonly #removal: Removal;
  readonly #modes = new FileModes();
  /** Undefined for the first layer in an empty root, where nothing lies below. */
  #touched: Touched | undefined;

  constructor(
    readonly tree: Tree,
    readonly counts: Counts,
  ) {
    this.directories = new Directories(tree, (path, found) => this.#makeParent(path, found));
    this.#removal = new Removal(tree, this.directories);
  }

  /** Begins a layer; `overLower` tells whether there is anything below it. */
  beginLayer(overLower: boolean): void {
    this.#touched = overLower ? new Touched() : undefined;
  }

  /** Applies one entry, reading its content from `body`. Throws INVALID, or the kernel's error. */
  apply(entry: Entry, body: Body): void {
    this.counts.entries += 1;
    const path = entryPath(entry.name);
    if (path.length > this.tree.longestPath) throw tooLong();
    const whiteout = whiteoutOf(path);
    if (whiteout !== undefined) this.#whiteout(whiteout);
    else if (path === rootPath) this.#root(entry);
    else {
      const real = inside(this.directories.ensure(parentPath(path)), lastName(path));
      this.#put(entry, real, body);
      this.#touched?.add(real);
    }
  }

  #whiteout(whiteout: NonNullable<ReturnType<typeof whiteoutOf>>): void {
    if (whiteout.kind === 'ignored') return;
    this.counts.whiteouts += 1;
    const touched = this.#touched;
    if (touched === undefined) return;
    applyWhiteout(whiteout, this.tree, this.directories, this.#removal, (path) => touched.has(path));
  }

  #root(entry: Entry): void {
    if (entry.kind !== 'directory') throw invalid('it would replace the root directory');
    this.counts.directories += 1;
    this.#finishDirectory(entry, rootPath);
  }

  #put(entry: Entry, path: ByteString, body: Body): void {
    switch (entry.kind) {
      case 'file':
        this.#file(entry, path, body);
        break;
      case 'directory':
        this.#directory(entry, path);
        break;
      case 'symlink':
        this.#symlink(entry, path);
        break;
      case 'hard-link':
        this.#hardLink(entry, path);
        break;
      case 'fifo':
        this.#fifo(entry, path);
        break;
      case 'character-device':
      case 'block-device':
        this.counts.skippedDevices += 1;
        this.#removal.remove(path, this.tree.kindOf(path));
        this.records.clear(path);
    }
  }

  #file(entry: Entry, path: ByteString, body: Body): void {
    this.#place(path, () => createFile(this.tree, path, entry, body, this.#modes));
    this.counts.files += 1;
    this.#describe(entry, path);
  }

  // An existing directory keeps what is in it and takes the new metadata.
  #directory(entry: Entry, path: ByteString): void {
    const kind = this.tree.kindOf(path);
    if (kind !== 'directory') {
      this.#removal.remove(path, kind);
      this.tree.makeDirectory(path, 0o700);
    }
    this.counts.directories += 1;
    this.#finishDirectory(entry, path);
  }

  #finishDirectory(entry: Entry, path: ByteString): void {
    this.tree.setMode(path, diskMode('directory', entry.mode));
    this.#describe(entry, path);
    this.records.setDirectoryTime(path, entry.mtime);
  }

  #symlink(entry: Entry, path: ByteString): void {
    if (entry.linkName === '') throw invalid('a symlink that points nowhere');
    this.#place(path, () => this.tree.symlink(entry.linkName, path));
    this.tree.setTime(path, entry.mtime);
    this.counts.symlinks += 1;
    this.#describe(entry, path);
  }

  // A hard link has no metadata of its own: what the entry repeats is that of its target.
  #hardLink(entry: Entry, path: ByteString): void {
    const named = entryPath(entry.linkName);
    const parent = this.directories.find(parentPath(named));
    const target = parent === undefined ? undefined : inside(parent, lastName(named));
    const kind = target === undefined ? undefined : this.tree.kindOf(target);
    if (target === undefined || kind === undefined)
      throw invalid('a hard link to something that is not there');
    if (kind === 'directory') throw invalid('a hard link to a directory');
    this.counts.hardLinks += 1;
    if (target === path) return;
    this.#place(path, () => linkOrCopy(this.tree, target, kind, path, this.counts));
    this.records.copy(target, path);
  }

  #fifo(entry: Entry, path: ByteString): void {
    this.#removal.remove(path, this.tree.kindOf(path));
    this.records.clear(path);
    if (!makeFifoAt(this.tree, path, diskMode('fifo', entry.mode), entry.mtime)) {
      this.counts.skippedFifos += 1;
      return;
    }
    this.counts.fifos += 1;
    this.#describe(entry, path);
  }

  // What the disk does not show of the image: owners, modes, extended attributes.
  #describe(entry: Entry, path: ByteString): void {
    this.records.clear(path);
    const { kind, mode, uid, gid } = entry;
    const shown = kind === 'symlink' || diskMode(kind, mode) === mode;
    if (uid !== 0 || gid !== 0 || !shown) {
      this.records.setOwner(path, { uid, gid, mode: imageMode(kind, mode) });
    }
    if (entry.xattrs.length > 0) setXattrs(this.tree, path, entry.xattrs, this.counts);
  }

  #place(path: ByteString, make: () => void): void {
    place(make, () => this.#removal.remove(path, this.tree.kindOf(path)));
  }

  // A directory that no entry describes. Whatever else is in its place belongs to a lower layer or is overruled.
  #makeParent(path: ByteString, found: NodeKind | undefined): void {
    this.#removal.remove(path, found);
    this.tree.makeDirectory(path, 0o755);
    this.tree.setMode(path, 0o755);
    this.records.clear(path);
    this.#touched?.add(path);
  }
}

// Said before thousands of parent directories are made.
function tooLong(): Error {
  return Object.assign(new Error('path too long'), { code: 'ENAMETOOLONG' });
}
