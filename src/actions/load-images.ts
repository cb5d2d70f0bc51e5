/**
 * Takes the images of an archive into the repository: `docker save` archives and OCI layouts. An image appears when all
 * its parts are there and verified; when anything is wrong with any of them, nothing of the archive stays.
 */
import { UdockerError } from '../errors.ts';
import { archiveName, unpackArchive } from '../layers/unpack-archive.ts';
import { verifyLayers } from '../layers/verify-layers.ts';
import type { Platform } from '../oci/platform.ts';
import { formatReference, type ImageReference } from '../oci/reference.ts';
import { type HostPath, hostPath } from '../paths.ts';
import { inMemory } from '../store/in-memory.ts';
import type { Store } from '../store/store.ts';
import { removeFile, stat } from '../system/files.ts';
import { standardInput } from '../system/read-file.ts';
import type { ActionContext } from './context.ts';
import { hostPlatform } from './host-platform.ts';
import { ArchiveFiles } from './load/archive-files.ts';
import type { LoadableImage } from './load/archived-image.ts';
import type { WishedName } from './load/name-image.ts';
import { readDockerArchive } from './load/read-docker-archive.ts';
import { readOciLayout } from './load/read-oci-layout.ts';
import { storeOf } from './open-store.ts';
import { withReadable } from './readable-archive.ts';

export interface LoadRequest {
  /** A file, relative to the working directory or absolute; `-` for the standard input. */
  readonly source: string;
  /** In place of the names in the archive. */
  readonly name: WishedName | undefined;
  /** Of an image for several; undefined for that of this machine. */
  readonly platform: Platform | undefined;
}

/**
 * Loads and returns the names of the images, in the order of the archive. Throws NOT_FOUND (no such file), INVALID (not
 * an image archive), INTEGRITY, CONFLICT (another image has the name), UNSUPPORTED (platform, encryption), USAGE (one
 * name for several images), STORAGE, INTERRUPTED.
 */
export async function loadImages(context: ActionContext, request: LoadRequest): Promise<string[]> {
  const store = storeOf(context);
  const path = sourceOf(context, request.source);
  return store.blobs.hold(async () => {
    const prefix = store.blobs.stagingPrefix('load');
    const members = await withReadable(context, store, path, (readable) =>
      unpackArchive({ path: readable, prefix, name: archiveName(path), signal: context.signal }),
    );
    const files = new ArchiveFiles(members, `the archive ${archiveName(path)}`);
    try {
      const images = await readArchive(files, request, context.signal);
      requireOneEach(images, files);
      const fresh = images.filter((image) => !isHere(store, image));
      await verifyTars(context, fresh);
      await takeIn(context, store, fresh);
      return images.flatMap(({ references }) => references.map(formatReference));
    } finally {
      for (const file of files.all) removeFile(file.path);
    }
  });
}

function sourceOf({ user }: ActionContext, source: string): HostPath {
  if (source === '-') return standardInput;
  const path = hostPath(source, user.cwd);
  const found = stat(path);
  if (found === undefined) {
    throw new UdockerError('NOT_FOUND', `loading ${path}: there is no such file`, {
      hint: 'give -i the file that docker save or udocker save has written',
    });
  }
  if (!found.isDirectory()) return path;
  throw new UdockerError('INVALID', `loading ${path}: it is a directory`, {
    hint: `if it is an OCI layout: tar -C ${path} -c . | udocker load -`,
  });
}

/** Docker's own list comes first: archives that have both say more in it about names. */
async function readArchive(
  files: ArchiveFiles,
  { name, platform = hostPlatform() }: LoadRequest,
  signal: AbortSignal,
): Promise<LoadableImage[]> {
  const manifest = files.find('manifest.json');
  if (manifest !== undefined) return readDockerArchive(files, manifest, name, signal);
  const index = files.find('index.json');
  if (index !== undefined) return readOciLayout(files, index, name, platform);
  const old = files.find('repositories') === undefined ? '' : ' (Docker before 1.10 made such archives)';
  throw new UdockerError(
    'INVALID',
    `reading ${files.origin}: it has neither manifest.json nor index.json${old}: it is no image archive`,
    { hint: 'the tar of a file system is for: udocker import FILE NAME:TAG' },
  );
}

function requireOneEach(images: readonly LoadableImage[], { origin }: ArchiveFiles): void {
  if (images.length === 0) throw new UdockerError('INVALID', `reading ${origin}: there is no image in it`);
  const owners = new Map<string, LoadableImage>();
  for (const image of images) {
    for (const name of image.references.map(formatReference)) {
      const other = owners.get(name);
      if (other !== undefined && other.configText !== image.configText) throw oneNameForTwo(name, origin);
      owners.set(name, image);
    }
  }
}

function oneNameForTwo(name: string, origin: string): UdockerError {
  return new UdockerError('USAGE', `loading ${origin}: two of its images would be called ${name}`, {
    hint: 'load them without NAME, or with NAME but no tag',
  });
}

/** True when the tags are that very image already. Throws CONFLICT when one of them is another. */
function isHere(store: Store, { references, configText }: LoadableImage): boolean {
  const entries = references.map((reference) => store.images.find(reference));
  for (const entry of entries) {
    if (entry === undefined || store.images.read(entry).configText === configText) continue;
    throw new UdockerError(
      'CONFLICT',
      `loading ${entry.text}: repository and tag already exist, and are another image`,
      {
        hint: `remove it first with: udocker rmi ${entry.text}; or load under another name: udocker load -i FILE NAME`,
      },
    );
  }
  return entries.every((entry) => entry !== undefined);
}

/** Compares compressed layers with their diff ids; a plain one was hashed as it was unpacked. */
async function verifyTars(context: ActionContext, images: readonly LoadableImage[]): Promise<void> {
  const parts = images.flatMap((image) => image.parts);
  const layers = new Map(
    parts.flatMap(({ blob, file, diffId }) => {
      if (file === undefined || diffId === undefined || String(blob.digest) === diffId) return [];
      return [[`${blob.digest} ${diffId}`, { path: file.path, descriptor: blob, diffId }] as const];
    }),
  );
  await verifyLayers({ layers: [...layers.values()], signal: context.signal });
}

async function takeIn(context: ActionContext, store: Store, images: readonly LoadableImage[]): Promise<void> {
  const parts = [
    ...new Map(images.flatMap(({ parts }) => parts).map((part) => [part.blob.digest, part])).values(),
  ];
  try {
    for (const { blob, file, bytes, diffId } of parts) {
      if (context.signal.aborted) throw new UdockerError('INTERRUPTED', 'loading was interrupted');
      if (diffId !== undefined) context.report({ kind: 'info', message: `adding layer: ${blob.digest}` });
      // What is missing is found missing when the tag is written, by name.
      if (file !== undefined) await store.blobs.adopt(blob, file.path);
      if (bytes !== undefined) await store.blobs.put(blob, inMemory(bytes));
    }
    for (const image of images) await writeTags(store, image);
  } catch (error) {
    store.blobs.discard(parts.map(({ blob }) => blob));
    throw error;
  }
}

async function writeTags(store: Store, image: LoadableImage): Promise<void> {
  const { manifest, manifestBytes } = image;
  for (const reference of image.references as readonly ImageReference[]) {
    await store.images.write({ reference, manifest, manifestBytes });
  }
}
