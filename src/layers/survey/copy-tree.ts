/**
 * Copies a container's tree: content shared where the file system can, holes and hard links kept, modes, times and
 * attributes as they are. Inodes are others afterwards, so what the engine's table knew goes into the list of owners.
 */
import { Buffer } from 'node:buffer';
import type { HostPath } from '../../paths.ts';
import { under } from '../../paths.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { writeFileAtomically } from '../../system/files.ts';
import {
  attributesOf,
  copyContent,
  dataSegments,
  type NodeStats,
  openRegular,
  readAt,
  setExactTime,
  shareContent,
  whileReadable,
} from '../../system/read-tree.ts';
import { close, setSize, Tree, writeAllAt } from '../../system/tree.ts';
import { setExtendedAttribute } from '../../system/xattr.ts';
import { newCounts } from '../extract/counts.ts';
import { rootPath } from '../extract/entry-path.ts';
import { linkOrCopy } from '../extract/hard-link.ts';
import { makeFifoAt } from '../extract/special.ts';
import { type KnownOwners, knownOwners } from '../owners/known-owners.ts';
import { formatOwners, type Ownership } from '../owners/list.ts';
import { madeMountPoints } from './mount-points.ts';
import { guestTarget, noOmissions, type Omissions, type TreeSource } from './source.ts';
import { type Visitor, walkTree } from './walk.ts';

const pieceBytes = 1 << 20;

/**
 * Copies `source` into the empty directory `root` and writes `ownersFile`. `check` is called often and may throw.
 * `at` hears which path is being copied. Throws the kernel's errors.
 */
export function copyTree(
  source: TreeSource,
  root: HostPath,
  ownersFile: HostPath,
  check: () => void,
  at: (path: ByteString) => void,
): Omissions {
  const copier = new Copier(source, root, check, at);
  walkTree(copier.from, copier);
  writeFileAtomically(ownersFile, formatOwners(copier.owners));
  return copier.omissions;
}

class Copier implements Visitor {
  readonly from: Tree;
  readonly owners = new Map<ByteString, Ownership>();
  readonly omissions = noOmissions();
  readonly omits: Visitor['omits'];
  readonly #to: Tree;
  readonly #known: KnownOwners;
  readonly #buffer = Buffer.allocUnsafeSlow(pieceBytes);
  #shares = true;

  constructor(
    readonly source: TreeSource,
    root: HostPath,
    readonly check: () => void,
    readonly at: (path: ByteString) => void,
  ) {
    this.from = new Tree(source.root);
    this.#to = new Tree(root);
    const files = { root: source.root, list: source.owners, table: under(source.state, 'ownership') };
    this.#known = knownOwners(files);
    this.omits = madeMountPoints(this.from, under(source.state, 'mount-points'));
  }

  enter(path: ByteString, stats: NodeStats): void {
    this.#begin(path);
    if (path !== rootPath) this.#to.makeDirectory(path, 0o700);
    this.#own(path, stats);
  }

  leave(path: ByteString, stats: NodeStats): void {
    whileReadable(this.from.host(path), stats, () => {
      const fd = this.from.openDirectory(path);
      if (fd === undefined) return;
      try {
        this.#attributes(fd, path);
      } finally {
        close(fd);
      }
    });
    this.#to.setMode(path, stats.mode & 0o7777);
    setExactTime(this.#to.host(path), stats.mtimeNs);
  }

  file(path: ByteString, stats: NodeStats): boolean {
    this.#begin(path);
    const copied = whileReadable(this.from.host(path), stats, () => this.#file(path, stats));
    if (copied) this.#own(path, stats);
    return copied;
  }

  symlink(path: ByteString, stats: NodeStats): void {
    this.#begin(path);
    this.#to.symlink(guestTarget(this.from.readLink(path), this.source), path);
    setExactTime(this.#to.host(path), stats.mtimeNs);
    this.#own(path, stats);
  }

  fifo(path: ByteString, stats: NodeStats): boolean {
    this.#begin(path);
    if (!makeFifoAt(this.#to, path, stats.mode & 0o7777, 0)) return false;
    setExactTime(this.#to.host(path), stats.mtimeNs);
    this.#own(path, stats);
    return true;
  }

  link(path: ByteString, _stats: NodeStats, first: ByteString): void {
    this.#begin(path);
    linkOrCopy(this.#to, first, this.#to.kindOf(first) ?? 'file', path, newCounts());
  }

  #begin(path: ByteString): void {
    this.check();
    this.at(path);
  }

  // False when it is gone, or something else by now.
  #file(path: ByteString, stats: NodeStats): boolean {
    const fd = openRegular(this.from.host(path));
    if (fd === undefined) return false;
    try {
      this.#content(fd, path, stats);
      this.#to.setMode(path, 0o600);
      this.#attributes(fd, path);
    } finally {
      close(fd);
    }
    this.#to.setMode(path, stats.mode & 0o7777);
    setExactTime(this.#to.host(path), stats.mtimeNs);
    return true;
  }

  #content(fd: number, path: ByteString, stats: NodeStats): void {
    const target = this.#to.host(path);
    if (this.#shares && stats.size > 0) {
      this.#shares = shareContent(fd, target);
      if (this.#shares) return;
    }
    if (stats.blocks * 512 >= stats.size) copyContent(fd, target);
    else this.#withHoles(fd, path, stats.size);
  }

  #withHoles(fd: number, path: ByteString, size: number): void {
    const copy = this.#to.createFile(path, 0o600);
    try {
      for (const { offset, length } of dataSegments(fd, size)) {
        for (let done = 0; done < length; ) {
          this.check();
          const read = readAt(fd, this.#buffer, Math.min(pieceBytes, length - done), offset + done);
          if (read === 0) break;
          writeAllAt(copy, this.#buffer, 0, read, offset + done);
          done += read;
        }
      }
      setSize(copy, size);
    } finally {
      close(copy);
    }
  }

  #attributes(fd: number, path: ByteString): void {
    for (const { name, value } of attributesOf(fd)) {
      if (!/^user\.|^system\.posix_acl_/.test(name)) continue;
      if (!setExtendedAttribute(this.#to.host(path), name, value)) this.omissions.attributes += 1;
    }
  }

  #own(path: ByteString, stats: NodeStats): void {
    const owner = this.#known.of(path, stats);
    if (owner.uid !== 0 || owner.gid !== 0 || owner.mode !== stats.mode) this.owners.set(path, owner);
  }
}
