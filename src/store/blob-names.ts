/**
 * The names of files in `layers/`, and the links to them from tag directories. A repository may hold anything;
 * only names of these forms are ever followed or removed, so that nothing can lead out of `layers/`.
 */
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { type HostPath, under } from '../paths.ts';
import { type Entry, listEntries } from '../system/directory-entries.ts';
import { readLink } from '../system/files.ts';

const v1Name = /^[A-Za-z0-9][A-Za-z0-9:_-]{0,199}\.(?:layer|json)$/;

/** `sha256:<hex>` as pulled, or `<id>.layer` and `<id>.json` as loaded and imported by udocker 1. */
export function isBlobName(name: string): boolean {
  return isDigest(name) || v1Name.test(name);
}

/** Where the blob `digest` lies, or would lie. */
export function blobPath(layers: HostPath, digest: Digest): HostPath {
  return under(layers, digest);
}

/** Where the blob `digest` grows while it arrives. Hidden: nothing unverified has a blob's name. */
export function partialPath(layers: HostPath, digest: Digest): HostPath {
  return under(layers, `${partialPrefix}${digest}`);
}
export const partialPrefix = '.partial-';

/** Names of the blobs that the links in `directory` stand for; links to anything else are passed over. */
export function linkedBlobs(directory: HostPath): string[] {
  return (listEntries(directory) ?? [])
    .filter(({ kind }) => kind === 'symlink')
    .flatMap(({ name }) => linkedBlob(directory, name));
}

function linkedBlob(directory: HostPath, name: string): string[] {
  const target = readLink(under(directory, name));
  const blob = target?.slice(target.lastIndexOf('/') + 1) ?? '';
  return isBlobName(blob) ? [blob] : [];
}

/** Names of all blobs that something under `repos` links to, whatever the directory is or was meant to be. */
export function blobsInUse(repos: HostPath): Set<string> {
  const used = new Set<string>();
  const visit = (directory: HostPath, depth: number): void => {
    const entries = listEntries(directory) ?? [];
    for (const { name } of entries.filter(isSymlink)) {
      for (const blob of linkedBlob(directory, name)) used.add(blob);
    }
    if (depth === 0) return;
    for (const { name } of entries.filter(isDirectory)) visit(under(directory, name), depth - 1);
  };
  visit(repos, deepestName);
  return used;
}

/** More components than any image name can have (255 characters). */
export const deepestName = 130;

function isSymlink({ kind }: Entry): boolean {
  return kind === 'symlink';
}

function isDirectory({ kind }: Entry): boolean {
  return kind === 'directory';
}

/** The blobs of a manifest, each once, the configuration first. */
export function blobsOf(config: Descriptor, layers: readonly Descriptor[]): Descriptor[] {
  return [...new Map([config, ...layers].map((blob) => [blob.digest, blob])).values()];
}
