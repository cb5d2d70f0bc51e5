/** The container that a word of the command line means. */
import { UdockerError } from '../errors.ts';
import type { Container } from '../store/container-entry.ts';
import type { Store } from '../store/store.ts';

/**
 * The container of that id or name. Throws NOT_FOUND; callers of udocker look for "invalid container id" on
 * stderr, so the message starts with it.
 */
export function requireContainer(store: Store, idOrName: string): Container {
  const found = store.containers.find(idOrName);
  if (found !== undefined) return found;
  throw new UdockerError(
    'NOT_FOUND',
    `invalid container id or name: ${idOrName}: there is no such container`,
    {
      hint: 'see what is there with: udocker ps',
      details: { container: idOrName },
    },
  );
}
