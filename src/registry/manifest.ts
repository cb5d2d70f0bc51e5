/**
 * Fetches one manifest or index and checks that it is what was asked for. The bytes are kept exactly as they came:
 * the digest is of them. Source: distribution spec, "Pulling manifests".
 */
import { createHash } from 'node:crypto';
import { UdockerError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { algorithmOf, type Digest, hexOf, isDigest, parseDigest } from '../oci/digest.ts';
import { type ImageIndex, type ImageManifest, parseDocument } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { header } from '../system/http.ts';
import { readBody } from './body.ts';
import { isWebPage, notARegistry } from './failures.ts';
import { isSuccess, type Session } from './session.ts';
import { pullScope } from './token.ts';

export interface FetchedDocument {
  readonly document: ImageManifest | ImageIndex;
  /** As received. */
  readonly bytes: Uint8Array;
  /** Of those bytes. */
  readonly descriptor: Descriptor;
}

/** Schema 1 is named too: a registry that has nothing else then says so, instead of "not found". */
const accept = [
  mediaTypes.ociIndex,
  mediaTypes.dockerManifestList,
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
  `${mediaTypes.dockerSchema1Signed};q=0.1`,
  '*/*;q=0.05',
].join(', ');

/**
 * Fetches the document called `reference` (a tag or a digest). Throws NOT_FOUND, DENIED, NETWORK; INTEGRITY when
 * the bytes do not have the digest asked for or announced; INVALID and UNSUPPORTED as `parseDocument`.
 */
export async function fetchDocument(
  session: Session,
  repository: string,
  reference: string | Digest,
): Promise<FetchedDocument> {
  const name = session.endpoint.name;
  const separator = isDigest(reference) ? '@' : ':';
  const doing = `asking ${name} for the manifest of ${repository}${separator}${reference}`;
  const { response, url } = await session.get(
    {
      path: `/v2/${repository}/manifests/${reference}`,
      scope: pullScope(repository),
      subject: { kind: 'manifest', repository, reference },
      headers: { accept },
      doing,
    },
    isSuccess,
  );
  if (isWebPage(response)) {
    response.discard();
    throw notARegistry(doing, url.host);
  }
  const announced = header(response, 'docker-content-digest');
  const contentType = header(response, 'content-type') ?? '';
  const bytes = await readBody(response, doing);
  const digest = checkDigest(bytes, reference, announced, doing);
  const document = parseDocument(
    bytes,
    contentType,
    `the manifest of ${name}/${repository}${separator}${reference}`,
  );
  return { document, bytes, descriptor: { mediaType: document.mediaType, digest, size: bytes.length } };
}

/** The digest of `bytes`, with the algorithm of `like`. */
export function digestOf(bytes: Uint8Array, like: Digest): Digest {
  const algorithm = algorithmOf(like);
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
}

function checkDigest(
  bytes: Uint8Array,
  reference: string,
  announced: string | undefined,
  doing: string,
): Digest {
  if (isDigest(reference)) return same(bytes, parseDigest(reference), 'asked for', doing);
  // What the server announces binds it, if it is a digest that we can check.
  if (announced !== undefined && isDigest(announced))
    return same(bytes, parseDigest(announced), 'announced', doing);
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

function same(bytes: Uint8Array, expected: Digest, how: string, doing: string): Digest {
  const actual = digestOf(bytes, expected);
  if (actual === expected) return actual;
  const words = `what came has the digest ${shorten(actual)}, ${how} was ${shorten(expected)}`;
  throw new UdockerError('INTEGRITY', `${doing}: ${words}`, {
    hint: 'something between here and the registry changes the data, or the registry is damaged; try again',
    details: { expected, actual },
  });
}

function shorten(digest: Digest): string {
  return `${algorithmOf(digest)}:${hexOf(digest).slice(0, 12)}`;
}
