/** The error for a word that means neither a container nor an image, where either would do. */
import { isUdockerError, UdockerError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';

/** NOT_FOUND. Containers may be called what no image can be (`Lab`): then only a container can have been meant. */
export function nothingCalled(target: string): UdockerError {
  const wrong = whyNoImage(target);
  const message =
    wrong === undefined
      ? `there is no container and no image ${target}`
      : `there is no container ${target} (${wrong.message})`;
  const hint = wrong === undefined ? 'udocker ps, udocker images' : 'udocker ps';
  return new UdockerError('NOT_FOUND', message, {
    hint: `see what is there with: ${hint}`,
    details: { target },
  });
}

/** What keeps it from being an image reference; undefined when it is one. */
export function whyNoImage(target: string): UdockerError | undefined {
  try {
    parseReference(target);
    return undefined;
  } catch (error) {
    if (isUdockerError(error, 'USAGE')) return error;
    throw error;
  }
}
