/** Looks into a container or an image. */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import type { ActionContext } from './context.ts';
import { requireContainer } from './find-container.ts';
import { nothingCalled } from './nothing-called.ts';
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
  throw nothingCalled(target);
}

/** The root filesystem of the container (host path). Throws NOT_FOUND; UNSUPPORTED for an image, which has none. */
export function rootOfContainer(context: ActionContext, idOrName: string): HostPath {
  const store = storeOf(context);
  const image = store.containers.find(idOrName) === undefined ? store.images.find(idOrName) : undefined;
  if (image === undefined) return requireContainer(store, idOrName).root;
  throw new UdockerError('UNSUPPORTED', `${image.text} is an image: only containers have a root filesystem`, {
    hint: `make a container of it with: udocker create ${image.text}`,
  });
}

function parse(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UdockerError('INVALID', `reading the configuration of ${origin}: it is not JSON`, { cause });
  }
}
