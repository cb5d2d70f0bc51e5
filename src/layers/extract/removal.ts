/** Removes what a layer replaces or whites out. Symlinks are removed, never followed. */
import type { ByteString } from '../../system/byte-string.ts';
import type { NodeKind, Tree } from '../../system/tree.ts';
import type { Directories } from './directories.ts';
import { inside } from './entry-path.ts';

export class Removal {
  readonly #tree: Tree;
  readonly #directories: Directories;

  constructor(tree: Tree, directories: Directories) {
    this.#tree = tree;
    this.#directories = directories;
  }

  /** Removes `path` with all below it, sparing what `spared` says; a directory stays while something in it does. */
  remove(path: ByteString, kind: NodeKind | undefined, spared?: (path: ByteString) => boolean): void {
    if (kind === undefined) return;
    if (kind === 'directory' || kind === 'symlink') this.#directories.forget();
    if (kind === 'directory') this.#removeDirectory(path, spared);
    else if (spared?.(path) !== true) this.#tree.removeFile(path);
  }

  /** Removes what is in the directory `path`, sparing what `spared` says. */
  empty(path: ByteString, spared: (path: ByteString) => boolean): void {
    this.#directories.forget();
    this.#emptyDirectory(path, spared);
  }

  #removeDirectory(path: ByteString, spared?: (path: ByteString) => boolean): void {
    this.#emptyDirectory(path, spared);
    if (spared?.(path) !== true) this.#tree.removeDirectory(path);
  }

  #emptyDirectory(path: ByteString, spared?: (path: ByteString) => boolean): void {
    for (const name of this.#tree.list(path)) {
      const child = inside(path, name);
      if (this.#tree.kindOf(child) === 'directory') this.#removeDirectory(child, spared);
      else if (spared?.(child) !== true) this.#tree.removeFile(child);
    }
  }
}
