/**
 * A digest is a type with a strict parser, not a string. `Digest` names bytes as transferred, `DiffId` names
 * the uncompressed tar of a layer; the compiler keeps them apart because mixing them is a classic bug.
 * Source: OCI image spec, descriptor.md, "Digests".
 */
import { UdockerError } from '../errors.ts';
import type { Brand } from '../paths.ts';

export type Digest = Brand<string, 'Digest'>;
export type DiffId = Brand<string, 'DiffId'>;
export type DigestAlgorithm = 'sha256' | 'sha512';

const hexLength: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

/** Parses `algorithm:hex`. Throws INVALID for another algorithm, a wrong length or upper-case digits. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new UdockerError('INVALID', `not a digest: ${JSON.stringify(text)}`, {
      hint: 'a digest is sha256: followed by 64 hexadecimal digits in lower case',
    });
  }
  return text as Digest;
}

/** Parses the digest of an uncompressed layer. Throws INVALID as `parseDigest` does. */
export function parseDiffId(text: string): DiffId {
  return parseDigest(text) as string as DiffId;
}

/** True when `text` is a well-formed digest of an algorithm we can check. */
export function isDigest(text: string): boolean {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, colon);
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return false;
  const hex = text.slice(colon + 1);
  return hex.length === hexLength[algorithm] && /^[0-9a-f]+$/.test(hex);
}

/** The algorithm part, to create a hash with. */
export function algorithmOf(digest: Digest | DiffId): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The hexadecimal part. */
export function hexOf(digest: Digest | DiffId): string {
  return digest.slice(digest.indexOf(':') + 1);
}
