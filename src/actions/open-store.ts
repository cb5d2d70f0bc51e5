/** Opens the repository that the configuration names. */
import type { StoreEvent } from '../store/events.ts';
import { openStore, type Store } from '../store/store.ts';
import type { ActionContext } from './context.ts';
import type { ActionEvent } from './events.ts';

/**
 * The store. The default repository is made when it does not exist; one that was named with --repo must exist.
 * Throws NOT_FOUND, INVALID, STORAGE.
 */
export function storeOf({ config, report }: Pick<ActionContext, 'config' | 'report'>): Store {
  return openStore(config.layout, {
    whenMissing: config.repositoryGiven ? 'refuse' : 'create',
    onEvent: (event) => report(sentence(event)),
  });
}

/** For verbs that need no repository: one that was named must exist all the same. Throws NOT_FOUND, INVALID, STORAGE. */
export function requireNamedRepository(context: Pick<ActionContext, 'config' | 'report'>): void {
  if (context.config.repositoryGiven) storeOf(context);
}

function sentence(event: StoreEvent): ActionEvent {
  switch (event.kind) {
    case 'repository-created':
      return { kind: 'info', message: `creating repo: ${event.path}` };
    case 'waiting-for-lock':
      return { kind: 'info', message: `waiting for another udocker to finish with ${event.purpose}` };
    case 'leftover-removed':
      return { kind: 'debug', message: `removed what an interrupted udocker had left: ${event.path}` };
    case 'blobs-freed':
      return { kind: 'debug', message: `freed ${event.count} blobs, ${event.bytes} bytes` };
  }
}
