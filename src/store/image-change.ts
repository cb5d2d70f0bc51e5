/**
 * Changes to tags: write, remove, copy, protect. Each happens under the lock `repos/.lock`, held for milliseconds,
 * in an order that shows every reader, also an older udocker, a whole image or none at every moment:
 * a new tag directory is filled under a hidden name and renamed; a moved tag first gets its new links, then its new
 * manifest by rename, and only then loses the old links.
 */
import { posix } from 'node:path';
import { UdockerError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageManifest } from '../oci/manifest.ts';
import type { ImageReference } from '../oci/reference.ts';
import { type HostPath, parentOf, under } from '../paths.ts';
import {
  listEntries,
  makeNewDirectory,
  makeSymlink,
  realPath,
  removeEmptyParents,
  removeFile,
  rename,
  touch,
} from '../system/directory-entries.ts';
import { lstat, makeDirectory, readBytes, readLink, stat, writeFileAtomically } from '../system/files.ts';
import { acquireLock } from '../system/lock.ts';
import { removeTree } from '../system/remove-tree.ts';
import { listAsUnused } from './blob-collector.ts';
import { blobPath, blobsOf, linkedBlobs } from './blob-names.ts';
import type { StoreListener } from './events.ts';
import type { StoreLayout } from './layout.ts';
import { onDisk, onDiskLater } from './storage-error.ts';
import { directoryOf, type ImageEntry, placeOf, type TagPlace } from './tag-directory.ts';

export interface NewImage {
  readonly reference: ImageReference;
  /** Exactly as the registry sent it, so that its digest stays true. */
  readonly manifestBytes: Uint8Array;
  readonly manifest: ImageManifest;
}

/** Runs `work` as the only one who changes tags. Leftovers of a killed predecessor are removed first. */
export async function changingTags<T>(
  layout: StoreLayout,
  onEvent: StoreListener,
  work: () => T,
): Promise<T> {
  const path = under(layout.repos, '.lock');
  const purpose = 'the tags of the repository';
  const lock = await onDiskLater('locking the images', path, () =>
    acquireLock(path, 'exclusive', { onWait: () => onEvent({ kind: 'waiting-for-lock', purpose, path }) }),
  );
  try {
    sweep(layout.repos);
    return work();
  } finally {
    lock?.release();
  }
}

/** Hidden directories exist only while the lock is held, so those found now belong to nobody. */
function sweep(repos: HostPath): void {
  for (const { name, kind } of listEntries(repos) ?? []) {
    if (kind === 'directory' && name.startsWith(hiddenPrefix)) removeTree(under(repos, name));
  }
}
const hiddenPrefix = '.udocker-';

/**
 * Makes `image` what its tag stands for. All its blobs must be in the store: throws INTEGRITY naming one that is
 * not; STORAGE for the disk. Call inside `changingTags` and `holdingBlobs`.
 */
export function writeTag(layout: StoreLayout, image: NewImage): void {
  const place = placeOf(image.reference);
  const directory = requireDirectory(layout, place);
  const blobs = blobsOf(image.manifest.config, image.manifest.layers);
  for (const blob of blobs) requireBlob(layout, place, blob);
  onDisk(`writing the image ${place.name}:${place.tag}`, directory, () => {
    const names = blobs.map(({ digest }) => digest);
    if (lstat(directory) === undefined) {
      publishNew(layout, place, directory, (fresh) => {
        linkAll(layout, fresh, directory, names);
        writeFileAtomically(under(fresh, 'manifest'), image.manifestBytes);
        touch(under(fresh, 'v2'));
      });
    } else {
      moveTag(layout, place, directory, names, image.manifestBytes);
    }
  });
}

function moveTag(
  layout: StoreLayout,
  place: TagPlace,
  directory: HostPath,
  names: readonly string[],
  manifest: Uint8Array,
): void {
  const old = (listEntries(directory) ?? []).filter(({ kind }) => kind === 'symlink').map(({ name }) => name);
  const stale = old.filter((name) => !names.includes(name));
  listAsUnused(
    layout,
    linkedBlobs(directory).filter((name) => !names.includes(name)),
  );
  linkAll(layout, directory, directory, names);
  writeFileAtomically(under(directory, 'manifest'), manifest);
  touch(under(directory, 'v2'));
  // Its `v1` goes before the rest: an old reader that still sees it finds all it needs.
  for (const name of ['v1', 'ancestry', 'container.json', ...stale]) removeFile(under(directory, name));
  writeFileAtomically(under(directory, 'TAG'), tagText(layout, place));
}

/** Fills a hidden directory with `fill`, adds TAG, which makes it an image, and gives it its name. */
function publishNew(
  layout: StoreLayout,
  place: TagPlace,
  directory: HostPath,
  fill: (fresh: HostPath) => void,
): void {
  if (lstat(directory) !== undefined) {
    // Not an image, or it would have TAG: what a killed removal left, or directories of other images.
    fill(directory);
    writeFileAtomically(under(directory, 'TAG'), tagText(layout, place));
    return;
  }
  const fresh = under(layout.repos, `${hiddenPrefix}new-${process.pid}`);
  makeNewDirectory(fresh);
  try {
    fill(fresh);
    writeFileAtomically(under(fresh, 'TAG'), tagText(layout, place));
    makeDirectory(parentOf(directory));
    rename(fresh, directory);
  } catch (error) {
    removeTree(fresh);
    removeEmptyParents(parentOf(directory), layout.repos);
    throw error;
  }
}

/** The old tool writes an absolute path and never reads it; it goes stale when the repository is moved. */
function tagText(layout: StoreLayout, { name, tag }: TagPlace): string {
  return `${layout.repos}/${name}:${tag}`;
}

/** Links in `directory`, relative as seen from where it will be, `final`. Existing links are made right. */
function linkAll(layout: StoreLayout, directory: HostPath, final: HostPath, names: readonly string[]): void {
  // `repos` may itself be a symlink to another disk: a relative link counts from where it really is.
  const repos = realPath(layout.repos) ?? layout.repos;
  const from = posix.join(repos, posix.relative(layout.repos, final));
  const layers = posix.relative(from, realPath(layout.layers) ?? layout.layers);
  for (const name of names) {
    const path = under(directory, name);
    const target = `${layers}/${name}`;
    if (readLink(path) === target) continue;
    removeFile(path);
    makeSymlink(target, path);
  }
}

/**
 * Removes the tag of `entry`; its blobs are listed as unused. Throws CONFLICT when it is protected, STORAGE for
 * the disk. Call inside `changingTags` and `holdingBlobs`.
 */
export function removeTag(layout: StoreLayout, entry: ImageEntry): void {
  if (entry.protected) {
    throw new UdockerError('CONFLICT', `removing the image ${entry.text}: it is protected`, {
      hint: `first: udocker unprotect ${entry.text}`,
    });
  }
  onDisk(`removing the image ${entry.text}`, entry.directory, () => {
    listAsUnused(layout, linkedBlobs(entry.directory));
    const entries = listEntries(entry.directory) ?? [];
    if (entries.some(({ kind }) => kind === 'directory')) {
      // Other images lie below (a tag `a` and an image `a/b`): take away only what makes this one.
      for (const { name } of [{ name: 'TAG' }, ...entries.filter(({ kind }) => kind !== 'directory')])
        removeFile(under(entry.directory, name));
    } else {
      const gone = under(layout.repos, `${hiddenPrefix}gone-${process.pid}`);
      rename(entry.directory, gone);
      removeFile(under(gone, 'TAG'));
      removeTree(gone);
    }
    removeEmptyParents(entry.directory, layout.repos);
    removeEmptyParents(parentOf(entry.directory), layout.repos);
  });
}

/** Gives the image of `entry` another name. Throws CONFLICT when that is taken, STORAGE for the disk. */
export function copyTag(layout: StoreLayout, entry: ImageEntry, reference: ImageReference): void {
  const place = placeOf(reference);
  const directory = requireDirectory(layout, place);
  if (lstat(under(directory, 'TAG')) !== undefined) {
    throw new UdockerError('CONFLICT', `tagging ${entry.text}: ${place.name}:${place.tag} exists already`, {
      hint: `remove it first with: udocker rmi ${place.name}:${place.tag}`,
    });
  }
  onDisk(`tagging ${entry.text} as ${place.name}:${place.tag}`, directory, () => {
    publishNew(layout, place, directory, (fresh) => {
      linkAll(layout, fresh, directory, linkedBlobs(entry.directory));
      for (const name of ['manifest', 'ancestry', 'container.json', 'v1', 'v2']) {
        const content = readBytes(under(entry.directory, name));
        if (content !== undefined) writeFileAtomically(under(fresh, name), content);
      }
    });
  });
}

/** Marks the tag as not to be removed, or takes the mark away; nothing happens when it is so already. */
export function protectTag(entry: ImageEntry, protect: boolean): void {
  const mark = under(entry.directory, 'PROTECT');
  onDisk(`${protect ? 'protecting' : 'unprotecting'} the image ${entry.text}`, mark, () =>
    protect ? touch(mark) : removeFile(mark),
  );
}

function requireDirectory(layout: StoreLayout, place: TagPlace): HostPath {
  const directory = directoryOf(layout.repos, place);
  if (directory === undefined)
    throw new UdockerError('INVALID', `${place.name}:${place.tag} cannot be the name of an image`);
  for (let above = directory; above !== layout.repos; above = parentOf(above)) {
    if (lstat(above)?.isSymbolicLink() === true) {
      throw new UdockerError(
        'STORAGE',
        `writing the image ${place.name}:${place.tag}: ${above} is a symlink`,
        {
          hint: 'move it out of the way',
        },
      );
    }
  }
  return directory;
}

function requireBlob(layout: StoreLayout, place: TagPlace, blob: Descriptor): void {
  const path = blobPath(layout.layers, blob.digest);
  if (stat(path)?.size === blob.size) return;
  throw new UdockerError(
    'INTEGRITY',
    `writing the image ${place.name}:${place.tag}: its blob ${blob.digest} is missing`,
    {
      hint: 'pull it again',
      details: { path },
    },
  );
}
