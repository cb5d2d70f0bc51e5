/**
 * Programs and libraries of other makers that engines use: bin/, lib/ and doc/, exactly as udocker 1 keeps them.
 * `lib/VERSION` says which release they are and is written last: what is half installed counts as not installed.
 */
import { isErrno, UdockerError } from '../errors.ts';
import { type HostPath, under } from '../paths.ts';
import { changeMode, listEntries, makeSymlink, rename } from '../system/directory-entries.ts';
import { makeDirectory, readBytes, readLink, readText, stat, writeFileAtomically } from '../system/files.ts';
import { removeTree } from '../system/remove-tree.ts';
import { changingNames, newContainerId } from './container-names.ts';
import type { StoreLayout } from './layout.ts';
import { stageNew } from './staging.ts';
import { onDisk, onDiskLater } from './storage-error.ts';

const parts = ['bin', 'lib', 'doc'] as const;
type Part = (typeof parts)[number];
/** The directory in an archive of engines that holds those three. */
const top = 'udocker_dir';

export interface EngineFiles {
  /** The release that is installed, such as `1.2.11`; undefined when none is. */
  release(): string | undefined;
  /**
   * Gives `work` a directory for its purposes, which is gone afterwards whatever happens (also after a kill, by a
   * later command). Throws STORAGE, and what `work` throws.
   */
  staged<T>(work: (directory: HostPath) => Promise<T>): Promise<T>;
  /** Files of `tree`, an unpacked archive, replace those of the same name; `purge`: all. Throws INVALID, STORAGE. */
  install(tree: HostPath, purge: boolean): void;
}

/** The engine files of the repository at `layout`. */
export function openEngineFiles(layout: StoreLayout): EngineFiles {
  return {
    release: () => releaseIn(layout.lib),
    staged: async (work) => {
      const { directory, lock } = await changingNames(layout.containers, () =>
        onDisk('installing engines', layout.top, () => stageNew(layout, newContainerId())),
      );
      try {
        return await onDiskLater('installing engines', directory, () => work(directory));
      } finally {
        onDisk('installing engines', directory, () => removeTree(directory));
        lock.release();
      }
    },
    install: (tree, purge) => {
      releaseOfArchive(tree);
      for (const part of parts)
        onDisk('installing engines', layout[part], () => place(tree, layout, part, purge));
      const version = under(tree, top, 'lib', 'VERSION');
      onDisk('installing engines', layout.lib, () => move(version, under(layout.lib, 'VERSION')));
    },
  };
}

/** The release of an unpacked archive. Throws INVALID when it is none of engines. */
export function releaseOfArchive(tree: HostPath): string {
  const release = releaseIn(under(tree, top, 'lib'));
  if (release !== undefined) return release;
  throw new UdockerError('INVALID', `installing engines: the archive has no ${top}/lib/VERSION`, {
    hint: 'name an archive of udocker engines (udocker-englib) with UDOCKER_TARBALL',
  });
}

function releaseIn(lib: HostPath): string | undefined {
  return /^\d+(?:\.\d+)*/.exec(readText(under(lib, 'VERSION'))?.trim() ?? '')?.[0];
}

/** Plain files, and other names for them: nothing else belongs there, and nothing is to lead out of the repository. */
function place(tree: HostPath, layout: StoreLayout, part: Part, purge: boolean): void {
  const to = layout[part];
  if (purge) for (const { name } of listEntries(to) ?? []) removeTree(under(to, name));
  makeDirectory(to);
  const from = under(tree, top, part);
  for (const { name, kind } of listEntries(from) ?? []) {
    if (name === 'VERSION') continue;
    if (kind === 'symlink') placeLink(under(from, name), under(to, name));
    if (kind !== 'file') continue;
    changeMode(under(from, name), part === 'bin' ? 0o755 : 0o644);
    move(under(from, name), under(to, name));
  }
}

/** Libraries that serve several distributions have several names. */
function placeLink(from: HostPath, to: HostPath): void {
  const target = readLink(from);
  if (target === undefined || !/^[^/]+$/.test(target) || target === '..' || target === '.') return;
  removeTree(to);
  makeSymlink(target, to);
}

/** bin/ or lib/ may lie on another file system. */
function move(from: HostPath, to: HostPath): void {
  try {
    rename(from, to);
  } catch (error) {
    if (!isErrno(error, 'EXDEV')) throw error;
    writeFileAtomically(to, readBytes(from) ?? new Uint8Array(), (stat(from)?.mode ?? 0o644) & 0o777);
  }
}
