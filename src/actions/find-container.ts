/** The container that a word of the command line means. */
import { isUdockerError, UdockerError } from '../errors.ts';
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

/**
 * Refuses a name that is taken, before any work. Throws CONFLICT, in the words that callers look for on stderr,
 * and USAGE for what is no name.
 */
export async function requireFreeName(store: Store, name: string): Promise<void> {
  try {
    await store.containers.requireFreeName(name);
  } catch (error) {
    if (!isUdockerError(error, 'CONFLICT')) throw error;
    throw new UdockerError('CONFLICT', `container name already exists: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
