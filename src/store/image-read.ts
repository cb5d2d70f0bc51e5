/**
 * Reads what an image consists of, in the three dialects that repositories hold: a manifest of today, one of
 * schema 1, or the `ancestry` of a loaded or imported image. Decoded by hand, without a schema library, because
 * `run` and `images` read them too; every digest is checked before it becomes part of a path.
 */
import { UdockerError } from '../errors.ts';
import { type DiffId, type Digest, isDigest, parseDiffId, parseDigest } from '../oci/digest.ts';
import type { MediaType } from '../oci/media-type.ts';
import { type HostPath, under } from '../paths.ts';
import { readText, stat } from '../system/files.ts';
import { isBlobName } from './blob-names.ts';
import { onDisk } from './storage-error.ts';
import type { ImageEntry } from './tag-directory.ts';

export interface StoredLayer {
  /** The file, compressed as it came (host path). */
  readonly path: HostPath;
  readonly size: number;
  /** Unknown for images loaded or imported by udocker 1. */
  readonly digest?: Digest;
  /** Where it is unknown, the first bytes of the file tell how it is compressed. */
  readonly mediaType?: MediaType;
  /** Of the uncompressed tar, where the configuration says it. */
  readonly diffId?: DiffId;
}

export interface StoredImage {
  readonly entry: ImageEntry;
  /** Bottom first, ready to be applied in this order. */
  readonly layers: readonly StoredLayer[];
  /** The image configuration, JSON. */
  readonly configText: string;
  /** Of the configuration's bytes; unknown for images of schema 1, loaded or imported by udocker 1. */
  readonly configDigest?: Digest;
  /** The manifest as it came from the registry, for images that have one. */
  readonly manifestText?: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads the image of `entry`. Throws INTEGRITY when a part of it is missing, INVALID when it makes no sense. */
export function readImage(layersDirectory: HostPath, entry: ImageEntry): StoredImage {
  const reader = { layersDirectory, entry };
  const manifestText = readPart(entry, 'manifest');
  if (stat(under(entry.directory, 'v1')) !== undefined || manifestText === undefined) return readV1(reader);
  const manifest = parseJson(entry, 'manifest', manifestText);
  return 'fsLayers' in manifest
    ? readSchema1(reader, manifest, manifestText)
    : readManifest(reader, manifest, manifestText);
}

interface Reader {
  readonly layersDirectory: HostPath;
  readonly entry: ImageEntry;
}

function readManifest(reader: Reader, manifest: Json, manifestText: string): StoredImage {
  const { entry } = reader;
  const config = digestIn(entry, manifest.config);
  const configText = readBlobText(reader, config);
  const described = Array.isArray(manifest.layers) ? manifest.layers : [];
  const diffIds = diffIdsOf(parseJson(entry, 'configuration', configText), described.length);
  const digests = described.map((layer) => digestIn(entry, layer));
  const layers = described.map((layer: Json, i) => ({
    ...blob(reader, digests[i] ?? ''),
    digest: digestIn(entry, layer),
    ...(typeof layer.mediaType === 'string' ? { mediaType: layer.mediaType as MediaType } : {}),
    ...(diffIds[i] === undefined ? {} : { diffId: diffIds[i] }),
  }));
  return { entry, layers, configText, configDigest: config, manifestText };
}

/** Schema 1 has the layers top first, and the configuration as text within the topmost history entry. */
function readSchema1(reader: Reader, manifest: Json, manifestText: string): StoredImage {
  const { entry } = reader;
  const described = Array.isArray(manifest.fsLayers) ? [...manifest.fsLayers].reverse() : [];
  const layers = described.map((layer: Json) => {
    const digest = digestIn(entry, { digest: layer.blobSum });
    return { ...blob(reader, digest), digest };
  });
  const history: unknown = Array.isArray(manifest.history) ? manifest.history[0] : undefined;
  const text = isObject(history) ? history.v1Compatibility : undefined;
  if (typeof text !== 'string') throw malformed(entry, 'its manifest has no configuration');
  return { entry, layers, configText: text, manifestText };
}

/** `ancestry` has the layer ids top first; the configuration is `container.json`, else that of the top layer. */
function readV1(reader: Reader): StoredImage {
  const { entry } = reader;
  const text = readPart(entry, 'ancestry');
  if (text === undefined) throw malformed(entry, 'it has neither a manifest nor an ancestry');
  const ids: unknown = parseAny(entry, 'ancestry', text);
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => isBlobName(`${id}.layer`)))
    throw malformed(entry, 'its ancestry is not a list of layer ids');
  const layers = [...ids].reverse().map((id) => blob(reader, `${id}.layer`));
  const configText = readPart(entry, 'container.json') ?? readBlobText(reader, `${ids[0]}.json`);
  return { entry, layers, configText };
}

/** Through `layers/` only; where a link of the tag directory leads does not matter. */
function blob(reader: Reader, name: string): { readonly path: HostPath; readonly size: number } {
  const path = under(reader.layersDirectory, name);
  const found = stat(path);
  if (found?.isFile() !== true) {
    throw new UdockerError(
      'INTEGRITY',
      `reading the image ${reader.entry.text}: its blob ${name} is missing`,
      {
        hint: `fetch it again with: udocker pull ${reader.entry.text}`,
        details: { path },
      },
    );
  }
  return { path, size: found.size };
}

function readBlobText(reader: Reader, name: string): string {
  const { path } = blob(reader, name);
  return onDisk(`reading the image ${reader.entry.text}`, path, () => readText(path)) ?? '';
}

function readPart(entry: ImageEntry, name: string): string | undefined {
  const path = under(entry.directory, name);
  return onDisk(`reading the image ${entry.text}`, path, () => readText(path));
}

function digestIn(entry: ImageEntry, descriptor: unknown): Digest {
  const digest = isObject(descriptor) ? descriptor.digest : undefined;
  if (typeof digest !== 'string' || !isDigest(digest))
    throw malformed(
      entry,
      `its manifest names ${JSON.stringify(digest) ?? 'nothing'} where a digest must be`,
    );
  return parseDigest(digest);
}

/** All or none: a list of another length cannot be matched to the layers. */
function diffIdsOf(config: Json, layers: number): DiffId[] {
  const listed: unknown = isObject(config.rootfs) ? config.rootfs.diff_ids : undefined;
  if (!Array.isArray(listed) || listed.length !== layers) return [];
  return listed.every((id) => typeof id === 'string' && isDigest(id)) ? listed.map(parseDiffId) : [];
}

function parseJson(entry: ImageEntry, part: string, text: string): Json {
  const value = parseAny(entry, part, text);
  if (!isObject(value)) throw malformed(entry, `its ${part} is not a JSON object`);
  return value;
}

function parseAny(entry: ImageEntry, part: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed(entry, `its ${part} is not JSON`, cause);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(entry: ImageEntry, why: string, cause?: unknown): UdockerError {
  return new UdockerError('INVALID', `reading the image ${entry.text}: ${why}`, {
    hint: `fetch it again with: udocker pull ${entry.text}`,
    ...(cause === undefined ? {} : { cause }),
    details: { path: entry.directory },
  });
}
