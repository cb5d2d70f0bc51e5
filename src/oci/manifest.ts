/**
 * Manifests and indexes, validated at the edge. Loaded only where documents from outside are read.
 * Source: OCI image spec, manifest.md and image-index.md; Docker image manifest v2 schema 2.
 */
import * as z from 'zod/mini';
import { UdockerError } from '../errors.ts';
import type { Descriptor } from './descriptor.ts';
import { isDigest, parseDigest } from './digest.ts';
import { type DocumentKind, documentKind, type MediaType } from './media-type.ts';
import { formatPlatform, normalise, type Platform, platformScore } from './platform.ts';

export interface ImageManifest {
  readonly kind: 'manifest';
  readonly mediaType: MediaType;
  readonly config: Descriptor;
  /** Bottom layer first. */
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: MediaType;
  readonly manifests: readonly Descriptor[];
}

const platformShape = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.optional(z.string()),
});
const descriptorShape = z.object({
  mediaType: z.string(),
  digest: z.string().check(z.refine(isDigest, 'not a digest')),
  size: z.int().check(z.nonnegative()),
  platform: z.optional(platformShape),
  annotations: z.optional(z.nullable(z.record(z.string(), z.string()))),
  artifactType: z.optional(z.string()),
});
const manifestShape = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.optional(z.string()),
  config: descriptorShape,
  layers: z.array(descriptorShape),
});
const indexShape = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.optional(z.string()),
  manifests: z.array(descriptorShape),
});

/**
 * Parses a manifest or an index. `mediaType` is what the transport said it is (may be empty or generic: then
 * the document's own word or shape decides); `origin` names the document in errors.
 * Throws INVALID for anything malformed, UNSUPPORTED for schema 1.
 */
export function parseDocument(
  bytes: Uint8Array,
  mediaType: string,
  origin: string,
): ImageManifest | ImageIndex {
  const document = parseJson(bytes, origin);
  switch (kindOf(document, mediaType)) {
    case 'schema1':
      throw new UdockerError(
        'UNSUPPORTED',
        `reading ${origin}: it is a Docker schema 1 manifest, obsolete since 2017`,
        {
          hint: 'ask for the image to be pushed again with a current client, or convert it with: skopeo copy --format=oci',
        },
      );
    case 'index':
      return toIndex(document, origin);
    case 'manifest':
      return toManifest(document, origin);
    default:
      throw new UdockerError('INVALID', `reading ${origin}: neither an image manifest nor an index`, {
        hint: 'it may be an artifact of another kind; check that the name is that of an image',
      });
  }
}

/**
 * The entry of `index` that serves `wanted` best; attestations and artifacts are passed over.
 * Throws UNSUPPORTED, naming the platform wanted and those offered, when none does.
 */
export function choosePlatform(index: ImageIndex, wanted: Platform, origin: string): Descriptor {
  const images = index.manifests.filter(isImage);
  const best = images
    .map((entry) => ({
      entry,
      score: entry.platform === undefined ? 1 : platformScore(wanted, entry.platform),
    }))
    .reduce((a, b) => (b.score > a.score ? b : a), { entry: undefined as Descriptor | undefined, score: 0 });
  if (best.entry !== undefined) return best.entry;
  const offered = images.map((entry) =>
    entry.platform === undefined ? 'unknown' : formatPlatform(entry.platform),
  );
  throw new UdockerError(
    'UNSUPPORTED',
    `choosing an image of ${origin}: none is for ${formatPlatform(wanted)}; offered: ${offered.join(', ') || 'nothing'}`,
    { hint: 'name one of those with --platform=os/arch[/variant]' },
  );
}

/** BuildKit stores attestations as manifests of the platform `unknown/unknown`. */
function isImage(entry: Descriptor): boolean {
  if (entry.annotations?.['vnd.docker.reference.type'] !== undefined) return false;
  if (entry.platform?.os === 'unknown' && entry.platform.architecture === 'unknown') return false;
  return documentKind(entry.mediaType) !== undefined;
}

const brokenHint = 'the image is broken where it comes from: ask for it to be pushed again';

function parseJson(bytes: Uint8Array, origin: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new UdockerError('INVALID', `reading ${origin}: not a JSON document`, { hint: brokenHint, cause });
  }
}

function kindOf(document: unknown, mediaType: string): DocumentKind | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  if ('schemaVersion' in document && document.schemaVersion === 1) return 'schema1';
  const own = 'mediaType' in document && typeof document.mediaType === 'string' ? document.mediaType : '';
  const shape = 'manifests' in document ? 'index' : 'layers' in document ? 'manifest' : undefined;
  return documentKind(own) ?? documentKind(mediaType) ?? shape;
}

function toIndex(document: unknown, origin: string): ImageIndex {
  const index = check(indexShape, document, origin);
  return {
    kind: 'index',
    mediaType: (index.mediaType ?? 'application/vnd.oci.image.index.v1+json') as MediaType,
    manifests: index.manifests.map(toDescriptor),
  };
}

function toManifest(document: unknown, origin: string): ImageManifest {
  const manifest = check(manifestShape, document, origin);
  return {
    kind: 'manifest',
    mediaType: (manifest.mediaType ?? 'application/vnd.oci.image.manifest.v1+json') as MediaType,
    config: toDescriptor(manifest.config),
    layers: manifest.layers.map(toDescriptor),
  };
}

function check<T extends z.ZodMiniType>(shape: T, document: unknown, origin: string): z.output<T> {
  const result = z.safeParse(shape, document);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path.join('.') ?? '';
  const where = path === '' ? 'it' : `its field ${path}`;
  throw new UdockerError('INVALID', `reading ${origin}: ${where} is missing or malformed`, {
    hint: brokenHint,
  });
}

function toDescriptor(raw: z.output<typeof descriptorShape>): Descriptor {
  return {
    mediaType: raw.mediaType as MediaType,
    digest: parseDigest(raw.digest),
    size: raw.size,
    ...(raw.platform === undefined ? {} : { platform: toPlatform(raw.platform) }),
    ...(raw.annotations == null ? {} : { annotations: raw.annotations }),
    ...(raw.artifactType === undefined ? {} : { artifactType: raw.artifactType }),
  };
}

function toPlatform(raw: z.output<typeof platformShape>): Platform {
  const { os, architecture, variant } = raw;
  return normalise({ os, architecture, ...(variant === undefined || variant === '' ? {} : { variant }) });
}
