/** Recognises a repository, and makes one. Source for what counts as one: the behaviour of udocker 1.3. */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { makeDirectory, stat } from '../system/files.ts';
import type { StoreListener } from './events.ts';
import type { StoreLayout } from './layout.ts';
import { onDisk } from './storage-error.ts';

/** Without these nothing can be listed; the others hold engines only, and are made when one comes. */
function essential(layout: StoreLayout): readonly HostPath[] {
  return [layout.repos, layout.layers, layout.containers];
}

/** Checks that a repository is there. Throws NOT_FOUND when it is not, INVALID when it is something else. */
export function requireRepository(layout: StoreLayout): void {
  if (stat(layout.top) === undefined && missing(layout).length > 0) {
    throw new UdockerError('NOT_FOUND', `there is no udocker repository ${layout.top}`, {
      hint: `make it with: udocker mkrepo ${layout.top}`,
      details: { path: layout.top },
    });
  }
  const [first] = missing(layout);
  if (first === undefined) return;
  throw new UdockerError('INVALID', `not a udocker repository: ${layout.top}: ${first} is not a directory`, {
    hint: 'name the directory that holds repos, layers and containers; udocker mkrepo DIR makes a new one',
    details: { path: layout.top },
  });
}

/** Makes what is missing of the default repository and reports it. Throws STORAGE when it cannot be made. */
export function ensureRepository(layout: StoreLayout, onEvent: StoreListener): void {
  const absent = missing(layout);
  if (absent.length === 0) return;
  makeParts(layout);
  if (absent.length === essential(layout).length) onEvent({ kind: 'repository-created', path: layout.top });
}

/** Makes a new repository. Throws CONFLICT when `layout.top` exists, STORAGE when it cannot be made. */
export function createRepository(layout: StoreLayout, onEvent: StoreListener = () => undefined): void {
  if (stat(layout.top) !== undefined) {
    throw new UdockerError('CONFLICT', `making the repository ${layout.top}: it exists already`, {
      hint: 'name a directory that does not exist yet',
    });
  }
  makeParts(layout);
  onEvent({ kind: 'repository-created', path: layout.top });
}

function missing(layout: StoreLayout): HostPath[] {
  return essential(layout).filter((path) => stat(path)?.isDirectory() !== true);
}

function makeParts(layout: StoreLayout): void {
  const parts = [layout.top, ...essential(layout), layout.bin, layout.lib, layout.doc];
  for (const path of parts) onDisk('making the udocker repository', path, () => makeDirectory(path));
}
