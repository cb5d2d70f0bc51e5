/** What a loaded image will be called: as the archive says, as the user wishes, or, with neither, by its digest. */
import { isUdockerError, UdockerError } from '../../errors.ts';
import { type Digest, hexOf } from '../../oci/digest.ts';
import { type ImageReference, parseReference } from '../../oci/reference.ts';

/** A name that the user gives to what is loaded. */
export interface WishedName {
  readonly reference: ImageReference;
  /** It has a tag; otherwise tags stay those of the archive. */
  readonly tagged: boolean;
}

/** What the user typed. Throws USAGE. */
export function parseWishedName(text: string): WishedName {
  const reference = parseReference(text);
  if (reference.digest !== undefined) {
    throw new UdockerError('USAGE', `${text}: the digest of a loaded image is its own`, {
      hint: 'name it without @sha256:..., for example lab/tool:1',
    });
  }
  return { reference, tagged: /:[^/]*$/.test(text) };
}

/**
 * The references of an image that its archive calls `names` (`name:tag`, `name`, or a tag alone). `digest` is what an
 * image without any name is called after. Throws INVALID for names that cannot be; `origin` is the archive.
 */
export function namesOf(
  names: readonly string[],
  wished: WishedName | undefined,
  digest: Digest,
  origin: string,
): ImageReference[] {
  const found = names.map((name) => archived(name, digest, origin));
  const all = found.length > 0 ? found : [{ path: nameFor(digest), tag: 'latest' }];
  if (wished === undefined) return unique(all);
  if (wished.tagged) return [wished.reference];
  return unique(all.map(({ tag }) => ({ ...wished.reference, tag })));
}

/** `org.opencontainers.image.ref.name` may be a tag only. */
function archived(name: string, digest: Digest, origin: string): ImageReference {
  const isTag = !/[/:@]/.test(name);
  try {
    const reference = parseReference(isTag ? `${nameFor(digest)}:${name}` : name);
    const { digest: _, ...tagged } = reference;
    return tagged;
  } catch (error) {
    if (!isUdockerError(error, 'USAGE')) throw error;
    throw new UdockerError(
      'INVALID',
      `reading ${origin}: its image has an impossible name: ${error.message}`,
      {
        hint: 'give it another: udocker load -i FILE NAME:TAG',
      },
    );
  }
}

/** Sixteen digits, as udocker 1 gave to images without a name; not at random, so that loading twice is no matter. */
function nameFor(digest: Digest): string {
  return hexOf(digest).slice(0, 16);
}

function unique(references: readonly ImageReference[]): ImageReference[] {
  return [...new Map(references.map((one) => [`${one.host}/${one.path}:${one.tag}`, one])).values()];
}
