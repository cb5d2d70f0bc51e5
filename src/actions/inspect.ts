/** Looks into a container or an image. */
import { UdockerError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import type { HostPath } from '../paths.ts';
import type { ActionContext } from './context.ts';
import { requireContainer } from './find-container.ts';
import { storeOf } from './open-store.ts';

/**
 * The configuration, as JSON, of the container with that id or name, else of the image with that name.
 * Throws NOT_FOUND, INTEGRITY, INVALID.
 */
export function inspectTarget(context: ActionContext, target: string): unknown {
  const store = storeOf(context);
  const container = store.containers.find(target);
  if (container !== undefined)
    return parse(store.containers.configText(container), `the container ${target}`);
  const image = store.images.find(target);
  if (image !== undefined) return parse(store.images.read(image).configText, `the image ${target}`);
  parseReference(target);
  throw new UdockerError('NOT_FOUND', `there is no container and no image ${target}`, {
    hint: 'see what is there with: udocker ps, udocker images',
  });
}

/** The root filesystem of the container (host path). Throws NOT_FOUND. */
export function rootOfContainer(context: ActionContext, idOrName: string): HostPath {
  return requireContainer(storeOf(context), idOrName).root;
}

function parse(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UdockerError('INVALID', `reading the configuration of ${origin}: it is not JSON`, { cause });
  }
}
