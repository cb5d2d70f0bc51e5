/**
 * Makes a tree plain again that the first udocker has changed for its F modes: absolute symlinks that lead to the
 * container's place on the host, and programs and libraries whose loader and libraries are there. The loader itself is
 * not touched here.
 */
import { Buffer } from 'node:buffer';
import type { HostPath } from '../../paths.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { type NodeStats, openRegular, setExactTime, whileReadable } from '../../system/read-tree.ts';
import { close, Tree } from '../../system/tree.ts';
import { type Piece, withoutElfPrefix } from './elf-prefix.ts';
import { noOmissions } from './source.ts';
import { type Visitor, walkTree } from './walk.ts';

/** Where the tree was, as a host path, when it was changed. */
export interface ChangedFor {
  readonly links: string;
  /** Undefined where programs were left as they were. */
  readonly programs: string | undefined;
}

export interface Restored {
  links: number;
  programs: number;
}

/**
 * Changes back what is below `root`. What was done before, wholly or in part, is no hindrance. `check` is called often
 * and may throw; `at` hears which path is being changed. Throws the kernel's errors.
 */
export function restoreTree(
  root: HostPath,
  changedFor: ChangedFor,
  check: () => void,
  at: (path: ByteString) => void,
): Restored {
  const restorer = new Restorer(root, changedFor, check, at);
  walkTree(restorer.tree, restorer);
  return restorer.restored;
}

class Restorer implements Visitor {
  readonly tree: Tree;
  readonly restored: Restored = { links: 0, programs: 0 };
  readonly omissions = noOmissions();
  readonly #links: string;
  readonly #programs: string | undefined;

  constructor(
    root: HostPath,
    { links, programs }: ChangedFor,
    readonly check: () => void,
    readonly at: (path: ByteString) => void,
  ) {
    this.tree = new Tree(root);
    this.#links = asBytes(links);
    this.#programs = programs === undefined ? undefined : asBytes(programs);
  }

  file(path: ByteString, stats: NodeStats): boolean {
    this.check();
    if (this.#programs === undefined || stats.size === 0 || stats.uid !== process.getuid?.()) return true;
    const pieces = whileReadable(this.tree.host(path), stats, () => this.#pieces(path, this.#programs ?? ''));
    if (pieces.length === 0) return true;
    this.at(path);
    this.tree.overwrite(path, stats.mode & 0o7777, pieces);
    setExactTime(this.tree.host(path), stats.mtimeNs);
    this.restored.programs += 1;
    return true;
  }

  #pieces(path: ByteString, prefix: string): Piece[] {
    const fd = openRegular(this.tree.host(path));
    if (fd === undefined) return [];
    try {
      return withoutElfPrefix(fd, prefix);
    } finally {
      close(fd);
    }
  }

  symlink(path: ByteString, stats: NodeStats): void {
    this.check();
    const target = this.tree.readLink(path);
    if (target !== this.#links && !target.startsWith(`${this.#links}/`)) return;
    this.at(path);
    this.tree.replaceSymlink((target.slice(this.#links.length) || '/') as ByteString, path);
    setExactTime(this.tree.host(path), stats.mtimeNs);
    this.restored.links += 1;
  }

  enter(): void {}
  leave(): void {}
  link(): void {}
  fifo(): boolean {
    return true;
  }
  omits(): boolean {
    return false;
  }
}

function asBytes(path: string): string {
  return Buffer.from(path).toString('latin1');
}
