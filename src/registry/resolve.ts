/**
 * From a name to one image: manifest of the right platform, through an index if there is one (or an index in an
 * index), and the image configuration, which has the last word on the platform of an image without an index.
 */
import { UdockerError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import { choosePlatform, type ImageManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { formatPlatform, type Platform, platformScore } from '../oci/platform.ts';
import { registryBlobs } from './blobs.ts';
import { documentLimit } from './body.ts';
import { digestOf, type FetchedDocument, fetchDocument } from './manifest.ts';
import type { Session } from './session.ts';

export interface ImageRequest {
  /** At the registry, `library/` included. */
  readonly repository: string;
  readonly tag: string;
  /** Decides when present; the tag is then decoration. */
  readonly digest?: Digest;
  /** The platform asked for, or that of the host. */
  readonly platform: Platform;
}

export interface ResolvedImage {
  readonly manifest: ImageManifest;
  /** The manifest exactly as received. */
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
  /** The index that the tag or digest names, when it names one. */
  readonly index?: Descriptor;
  /** The image configuration as received; its digest and size are checked. */
  readonly config: Uint8Array;
}

const maximumDepth = 4;
/** Registries of Docker's first days stored configurations under the general type. */
const configTypes: ReadonlySet<string> = new Set([
  mediaTypes.ociConfig,
  mediaTypes.dockerConfig,
  'application/octet-stream',
]);

/**
 * Finds the image for `request.platform`. Throws NOT_FOUND, DENIED, NETWORK, INTEGRITY, INVALID; UNSUPPORTED when
 * there is none for the platform (naming it and what there is), for schema 1, and for what is not an image.
 */
export async function resolveImage(session: Session, request: ImageRequest): Promise<ResolvedImage> {
  const { repository, platform } = request;
  const name = `${session.endpoint.name}/${repository}${request.digest === undefined ? `:${request.tag}` : `@${request.digest}`}`;
  const first = await fetchDocument(session, repository, request.digest ?? request.tag);
  const found = await descend(session, repository, first, platform, name);
  const manifest = found.document;
  if (!configTypes.has(manifest.config.mediaType)) {
    throw new UdockerError(
      'UNSUPPORTED',
      `reading ${name}: it is not a container image but something else kept in a registry (${manifest.config.mediaType})`,
      { hint: 'check the name and the tag' },
    );
  }
  const config = await fetchConfig(session, repository, manifest.config);
  if (!found.platformKnown) checkPlatform(config, platform, name);
  return {
    manifest,
    bytes: found.bytes,
    descriptor: found.descriptor,
    ...(first.document.kind === 'index' ? { index: first.descriptor } : {}),
    config,
  };
}

interface FoundManifest extends FetchedDocument {
  readonly document: ImageManifest;
  /** An index vouched for the platform. */
  readonly platformKnown: boolean;
}

async function descend(
  session: Session,
  repository: string,
  first: FetchedDocument,
  platform: Platform,
  name: string,
): Promise<FoundManifest> {
  let current = first;
  let platformKnown = false;
  for (let depth = 0; depth <= maximumDepth; depth += 1) {
    const { document } = current;
    if (document.kind === 'manifest') return { ...current, document, platformKnown };
    const entry = choosePlatform(document, platform, name);
    platformKnown ||= entry.platform !== undefined;
    current = await fetchDocument(session, repository, entry.digest);
    checkSize(current, entry, name);
  }
  throw new UdockerError(
    'INVALID',
    `reading ${name}: more than ${maximumDepth} indexes, one inside the other`,
  );
}

function checkSize(fetched: FetchedDocument, entry: Descriptor, name: string): void {
  if (fetched.bytes.length === entry.size) return;
  const words = `the manifest has ${fetched.bytes.length} bytes, its index says ${entry.size}`;
  throw new UdockerError('INTEGRITY', `reading ${name}: ${words}`, {
    hint: 'the image was put together wrongly; tell its owner',
  });
}

async function fetchConfig(session: Session, repository: string, blob: Descriptor): Promise<Uint8Array> {
  const doing = `reading the configuration of ${session.endpoint.name}/${repository}`;
  if (blob.size > documentLimit) {
    throw new UdockerError(
      'INVALID',
      `${doing}: it is said to have ${blob.size} bytes, which no configuration has`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await registryBlobs(session, repository).open(blob)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const actual = digestOf(bytes, blob.digest);
  if (actual === blob.digest) return bytes;
  throw new UdockerError('INTEGRITY', `${doing}: what came has the digest ${actual}, not ${blob.digest}`, {
    hint: 'something between here and the registry changes the data, or the registry is damaged; try again',
    details: { expected: blob.digest, actual },
  });
}

/** A configuration without a platform passes: there is nothing to hold against it. */
function checkPlatform(config: Uint8Array, wanted: Platform, name: string): void {
  const { platform } = parseImageConfig(new TextDecoder().decode(config), `of ${name}`);
  if (platform === undefined || platformScore(wanted, platform) > 0) return;
  const has = formatPlatform(platform);
  throw new UdockerError(
    'UNSUPPORTED',
    `choosing an image of ${name}: there is only one, for ${has}, and ${formatPlatform(wanted)} is wanted`,
    {
      hint: `to take it nevertheless: --platform=${has}`,
      details: { wanted: formatPlatform(wanted), offered: has },
    },
  );
}
