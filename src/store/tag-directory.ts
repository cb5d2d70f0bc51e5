/**
 * From a reference to the directory of its tag, and back. Names are taken apart and checked component by
 * component, and every directory on the way must be a real one: neither `..` nor a planted symlink leads out of
 * `repos/`.
 */

import { isUdockerError } from '../errors.ts';
import { type ImageReference, localName, localTag, parseReference } from '../oci/reference.ts';
import { type HostPath, parentOf, under } from '../paths.ts';
import { listEntries } from '../system/directory-entries.ts';
import { lstat } from '../system/files.ts';
import { deepestName } from './blob-names.ts';

/** An image as the repository lists it. */
export interface ImageEntry {
  /** The directory below `repos/`, such as `lab/busybox`. */
  readonly name: string;
  readonly tag: string;
  /** `name:tag`, or `name@digest`. */
  readonly text: string;
  readonly directory: HostPath;
  readonly protected: boolean;
}

/** Which directory a name and a tag stand for. */
export interface TagPlace {
  readonly name: string;
  readonly tag: string;
}

/** Where a new image of this reference is kept. */
export function placeOf(reference: ImageReference): TagPlace {
  return { name: localName(reference), tag: localTag(reference) };
}

/** The directory of a tag, whether it exists or not; undefined when the words cannot be directory names. */
export function directoryOf(repos: HostPath, { name, tag }: TagPlace): HostPath | undefined {
  const parts = [...name.split('/'), ...tag.split('/')];
  return parts.every(isComponent) ? under(repos, ...parts) : undefined;
}

function isComponent(part: string): boolean {
  return /^[^./\0\n][^/\0\n]{0,254}$/.test(part);
}

/** The image at `place`; undefined when there is none. */
export function entryAt(repos: HostPath, place: TagPlace): ImageEntry | undefined {
  const directory = directoryOf(repos, place);
  if (directory === undefined || !isTagDirectory(directory)) return undefined;
  for (let above = directory; above !== repos; above = parentOf(above)) {
    if (lstat(above)?.isDirectory() !== true) return undefined;
  }
  return entryOf(directory, place);
}

/** All images, in the order of their names. */
export function allEntries(repos: HostPath): ImageEntry[] {
  const found: ImageEntry[] = [];
  const visit = (directory: HostPath, name: string, depth: number): void => {
    for (const entry of listEntries(directory) ?? []) {
      if (entry.kind !== 'directory' || entry.name.startsWith('.')) continue;
      const path = under(directory, entry.name);
      if (name !== '' && isTagDirectory(path)) found.push(entryOf(path, { name, tag: entry.name }));
      if (depth > 0) visit(path, name === '' ? entry.name : `${name}/${entry.name}`, depth - 1);
    }
  };
  visit(repos, '', deepestName);
  return found;
}

/**
 * The image that a user means. Text that is the name of a listed image, letter by letter, means that one, so that
 * also what udocker 1 allowed (`IMPORTED:unknown`) can be named; otherwise the places of `parseReference` are
 * tried, with all spellings that udocker 1 may have stored it under.
 */
export function findEntry(repos: HostPath, wanted: ImageReference | string): ImageEntry | undefined {
  if (typeof wanted !== 'string') return firstEntry(repos, placesOf(wanted));
  const literal = firstEntry(repos, literalPlaces(wanted));
  if (literal !== undefined) return literal;
  const reference = parsed(wanted);
  return reference === undefined ? undefined : firstEntry(repos, placesOf(reference));
}

function firstEntry(repos: HostPath, places: readonly TagPlace[]): ImageEntry | undefined {
  for (const place of places) {
    const entry = entryAt(repos, place);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** `name:tag` and `name@digest` as they stand; a colon may also be part of the name (a port). */
function literalPlaces(text: string): TagPlace[] {
  const at = text.indexOf('@');
  if (at >= 0) return [{ name: text.slice(0, at), tag: text.slice(at + 1) }];
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.includes('/', colon)) return [{ name: text, tag: 'latest' }];
  return [{ name: text.slice(0, colon), tag: text.slice(colon + 1) }];
}

function parsed(text: string): ImageReference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (isUdockerError(error, 'USAGE')) return undefined; // then it can be the name of no image either
    throw error;
  }
}

/** Our own place first, then those of udocker 1, which kept what the user had typed. */
function placesOf(reference: ImageReference): TagPlace[] {
  const tag = localTag(reference);
  const { host, path } = reference;
  if (host === undefined) {
    const short = localName(reference);
    const paths = short.includes('/') ? [short] : [short, `library/${short}`];
    const hosts = ['', 'docker.io/', 'index.docker.io/', 'registry-1.docker.io/'];
    return hosts.flatMap((hub) => paths.map((each) => ({ name: `${hub}${each}`, tag })));
  }
  const own = { name: `${host}/${path}`, tag };
  const colon = host.indexOf(':');
  if (colon < 0) return [own];
  // It split at the first colon: image `host`, tag `port/path:tag`.
  return [own, { name: host.slice(0, colon), tag: `${host.slice(colon + 1)}/${path}:${tag}` }];
}

function isTagDirectory(directory: HostPath): boolean {
  return lstat(under(directory, 'TAG'))?.isFile() === true;
}

function entryOf(directory: HostPath, { name, tag }: TagPlace): ImageEntry {
  return {
    name,
    tag,
    text: textOf(name, tag),
    directory,
    protected: lstat(under(directory, 'PROTECT')) !== undefined,
  };
}

function textOf(name: string, tag: string): string {
  if (/^sha(?:256|512):/.test(tag)) return `${name}@${tag}`;
  const [host, port, ...path] = name.split('/');
  const splitAtPort = tag.includes(':') && /^[0-9]+$/.test(port ?? '');
  return splitAtPort ? [`${host}:${port}`, ...path, tag].join('/') : `${name}:${tag}`;
}
