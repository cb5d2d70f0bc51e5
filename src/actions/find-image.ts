/** The image that a word of the command line means, in the repository. */
import { UdockerError } from '../errors.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import type { Store } from '../store/store.ts';
import type { ImageEntry } from '../store/tag-directory.ts';

/**
 * The image called `text`; `purpose` is what for. Throws NOT_FOUND, or USAGE when no image could have such a name.
 */
export function requireImage(store: Store, text: string, purpose: 'use' | 'remove' = 'use'): ImageEntry {
  const found = store.images.find(text);
  if (found !== undefined) return found;
  const name = formatReference(parseReference(text));
  const fetch = purpose === 'use' ? `fetch it with: udocker pull ${name}; ` : '';
  throw new UdockerError('NOT_FOUND', `image not found: ${name}`, {
    hint: `${fetch}see what is there with: udocker images`,
    details: { image: name },
  });
}
