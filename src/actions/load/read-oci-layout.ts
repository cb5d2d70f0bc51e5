/**
 * From an unpacked OCI layout to images. Their manifests stay as they are, byte by byte. Entries of the same name are
 * one image for several platforms. Source: OCI image spec, image-layout.md, annotations.md.
 */
import { Buffer } from 'node:buffer';
import { UdockerError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { algorithmOf, hexOf } from '../../oci/digest.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { choosePlatform, type ImageManifest, parseDocument } from '../../oci/manifest.ts';
import { documentKind, mediaTypes } from '../../oci/media-type.ts';
import type { Platform } from '../../oci/platform.ts';
import type { ArchiveFile, ArchiveFiles } from './archive-files.ts';
import type { LoadableImage, LoadablePart } from './archived-image.ts';
import { namesOf, type WishedName } from './name-image.ts';

/** Indexes in indexes, at most. */
const maxDepth = 4;

/** The images of the layout whose `index.json` is `contents`. Throws INVALID, INTEGRITY, UNSUPPORTED (platform). */
export function readOciLayout(
  files: ArchiveFiles,
  contents: ArchiveFile,
  wished: WishedName | undefined,
  platform: Platform,
): LoadableImage[] {
  const index = parseDocument(files.read(contents), mediaTypes.ociIndex, `index.json of ${files.origin}`);
  if (index.kind !== 'index') throw files.invalid('its index.json is not an index');
  const byName = new Map<string, Descriptor[]>();
  for (const entry of index.manifests.filter(({ mediaType }) => documentKind(mediaType) !== undefined)) {
    const name = nameIn(entry) ?? '';
    byName.set(name, [...(byName.get(name) ?? []), entry]);
  }
  return [...byName].map(([name, entries]) => {
    const entry = chosen(entries, platform, files.origin);
    return readImage(files, resolve(files, entry, platform), name === '' ? [] : [name], wished);
  });
}

/** containerd and Docker keep the whole name in an annotation of their own, and the tag in the common one. */
function nameIn({ annotations }: Descriptor): string | undefined {
  return annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'];
}

function chosen(entries: readonly Descriptor[], platform: Platform, origin: string): Descriptor {
  const [only] = entries;
  if (only !== undefined && entries.length === 1) return only;
  return choosePlatform(
    { kind: 'index', mediaType: mediaTypes.ociIndex, manifests: entries },
    platform,
    origin,
  );
}

interface ResolvedManifest {
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
  readonly bytes: Uint8Array;
}

function resolve(files: ArchiveFiles, from: Descriptor, platform: Platform): ResolvedManifest {
  let descriptor = from;
  for (let depth = 0; depth < maxDepth; depth++) {
    const bytes = files.read(requireBlob(files, descriptor));
    const name = `${descriptor.digest} of ${files.origin}`;
    const document = parseDocument(bytes, descriptor.mediaType, name);
    if (document.kind === 'manifest') return { descriptor, manifest: document, bytes };
    descriptor = choosePlatform(document, platform, files.origin);
  }
  throw files.invalid('its indexes lead to each other');
}

function readImage(
  files: ArchiveFiles,
  { descriptor, manifest, bytes }: ResolvedManifest,
  names: readonly string[],
  wished: WishedName | undefined,
): LoadableImage {
  const configFile = requireBlob(files, manifest.config);
  const configText = Buffer.from(files.read(configFile)).toString('utf8');
  const { diffIds } = parseImageConfig(configText, `in ${files.origin}`);
  if (diffIds.length !== manifest.layers.length)
    throw files.invalid(
      `its image ${descriptor.digest} has ${manifest.layers.length} layers and ${diffIds.length} diff ids`,
    );
  const layers = manifest.layers.map((blob, index): LoadablePart => {
    const diffId = diffIds[index];
    return { blob, file: findBlob(files, blob), ...(diffId === undefined ? {} : { diffId }) };
  });
  return {
    references: namesOf(names, wished, descriptor.digest, files.origin),
    manifest,
    manifestBytes: bytes,
    configText,
    parts: [{ blob: manifest.config, file: configFile }, ...layers],
  };
}

function requireBlob(files: ArchiveFiles, blob: Descriptor): ArchiveFile {
  const found = findBlob(files, blob);
  if (found !== undefined) return found;
  throw files.invalid(`its blob ${blob.digest} is missing`);
}

/** The blob, if the layout has it. Throws INTEGRITY when what has its name is something else. */
function findBlob(files: ArchiveFiles, { digest, size }: Descriptor): ArchiveFile | undefined {
  const file = files.find(`blobs/${algorithmOf(digest)}/${hexOf(digest)}`);
  if (file === undefined || (file.digest === digest && file.size === size)) return file;
  throw new UdockerError(
    'INTEGRITY',
    `reading ${files.origin}: the blob ${digest} of ${size} bytes is ${file.digest} of ${file.size} bytes`,
    { hint: 'the archive is damaged or was changed: save the image again' },
  );
}
