/** Lists the containers of the repository. */
import { isUdockerError } from '../errors.ts';
import type { Platform } from '../oci/platform.ts';
import type { HostPath } from '../paths.ts';
import type { Container, RootState } from '../store/container-entry.ts';
import type { Store } from '../store/store.ts';
import type { ActionContext } from './context.ts';
import { storeOf } from './open-store.ts';

export interface ContainerListing {
  readonly id: string;
  readonly names: readonly string[];
  readonly image: string;
  readonly directory: HostPath;
  readonly protected: boolean;
  readonly root: RootState;
  /** Undefined when not asked for, or when the container has none of its own. */
  readonly mode?: string;
  /** Of its root filesystem, in MB of 1024 * 1024 bytes; undefined when not asked for or there is none. */
  readonly sizeInMb?: number;
  /** Undefined when not asked for, or unknown. */
  readonly platform?: Platform;
}

export interface ContainerDetails {
  readonly mode: boolean;
  readonly size: boolean;
  readonly platform: boolean;
}

/**
 * Containers sorted by id, with the details asked for. One that cannot be read is listed, with a warning.
 * Throws NOT_FOUND, INVALID, STORAGE for the repository as a whole.
 */
export function listContainers(context: ActionContext, details: ContainerDetails): ContainerListing[] {
  const store = storeOf(context);
  return store.containers.list().map((container) => {
    const mode = details.mode ? store.containers.executionMode(container) : undefined;
    const sizeInMb = details.size ? store.containers.sizeInMb(container) : undefined;
    const platform = details.platform ? platformOf(store, container, context) : undefined;
    return {
      id: container.id,
      names: container.names,
      image: container.image,
      directory: container.directory,
      protected: container.protected,
      root: store.containers.rootState(container),
      ...(mode === undefined ? {} : { mode }),
      ...(sizeInMb === undefined ? {} : { sizeInMb }),
      ...(platform === undefined ? {} : { platform }),
    };
  });
}

function platformOf(store: Store, container: Container, context: ActionContext): Platform | undefined {
  try {
    return store.containers.platform(container);
  } catch (error) {
    if (!isUdockerError(error, 'INVALID')) throw error;
    context.report({ kind: 'warning', message: error.message });
    return undefined;
  }
}
