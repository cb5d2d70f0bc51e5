/**
 * Finds the real directory that an entry belongs in. Components are looked at one by one and symlinks among them are
 * followed inside the root only: an absolute target starts at the root of the container and `..` stops there, as
 * if the process were chrooted. What was found is remembered until a directory or symlink is removed.
 */
import { UdockerError } from '../../errors.ts';
import type { ByteString } from '../../system/byte-string.ts';
import type { NodeKind, Tree } from '../../system/tree.ts';
import { invalid } from '../tar/fault.ts';
import { inside, lastName, parentPath, rootPath } from './entry-path.ts';

/** As the kernel's own bound on symlinks in one path. */
const maxSymlinks = 40;

/** What to do about a component that is missing or not a directory: the new real path, or undefined to give up. */
type Missing = (path: ByteString, found: NodeKind | undefined) => ByteString | undefined;

export class Directories {
  readonly #tree: Tree;
  readonly #make: Missing;
  readonly #known = new Map<ByteString, ByteString>();

  /** `make` puts a directory where `path` is missing or is something else. */
  constructor(tree: Tree, make: (path: ByteString, found: NodeKind | undefined) => void) {
    this.#tree = tree;
    this.#make = (path, found) => {
      make(path, found);
      return path;
    };
  }

  /** The real path of directory `path`, made where it is missing. Throws INVALID for a loop of symlinks. */
  ensure(path: ByteString): ByteString {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const real = this.#walk(rootPath, path, this.#make, { symlinks: 0 });
    if (real === undefined) throw new UdockerError('INTERNAL', 'a directory that was made is missing');
    this.#known.set(path, real);
    return real;
  }

  /** The real path of directory `path`; undefined when there is no such directory. */
  find(path: ByteString): ByteString | undefined {
    return this.#known.get(path) ?? this.#walk(rootPath, path, () => undefined, { symlinks: 0 });
  }

  /** True when `path` leads to a directory through directories only, without any symlink. */
  isReal(path: ByteString): boolean {
    return this.find(path) === path;
  }

  /** To be called when a directory or symlink is removed. */
  forget(): void {
    this.#known.clear();
  }

  #walk(
    from: ByteString,
    path: ByteString,
    missing: Missing,
    budget: { symlinks: number },
  ): ByteString | undefined {
    let real: ByteString | undefined = from;
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      if (part === '..') real = parentPath(real);
      else real = this.#step(real, part as ByteString, missing, budget);
      if (real === undefined) return undefined;
    }
    return real;
  }

  #step(
    parent: ByteString,
    name: ByteString,
    missing: Missing,
    budget: { symlinks: number },
  ): ByteString | undefined {
    const path = inside(parent, name);
    if (this.#known.get(path) === path) return path;
    const kind = this.#tree.kindOf(path);
    if (kind !== 'symlink') {
      const real = kind === 'directory' ? path : missing(path, kind);
      if (real !== undefined) this.#known.set(path, path);
      return real;
    }
    budget.symlinks += 1;
    if (budget.symlinks > maxSymlinks) throw invalid('too many symlinks in its path');
    const target = this.#tree.readLink(path);
    return this.#walk(target.startsWith('/') ? rootPath : parentPath(path), target, missing, budget);
  }
}

/** Directory and last name of `path`, the directory still as named in the archive. */
export function split(path: ByteString): { readonly parent: ByteString; readonly name: ByteString } {
  return { parent: parentPath(path), name: lastName(path) };
}
