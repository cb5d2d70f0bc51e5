/** Shows what a registry says of an image, without pulling it. */
import type { Platform } from '../oci/platform.ts';
import type { ImageReference } from '../oci/reference.ts';
import { repositoryAt } from '../registry/endpoint.ts';
import type { ActionContext } from './context.ts';
import { accessRegistry, type RegistryChoice } from './registry-access.ts';

export interface ManifestRequest extends RegistryChoice {
  /** The manifest of the image for this platform, also where the reference names an index. */
  readonly platform?: Platform | undefined;
}

/**
 * The manifest, or without a platform perhaps the index, that `reference` names: JSON as the registry has it. Throws
 * NOT_FOUND, DENIED, NETWORK, INTEGRITY, INVALID, UNSUPPORTED (platform, schema 1), USAGE, INTERRUPTED.
 */
export async function inspectManifest(
  context: ActionContext,
  reference: ImageReference,
  request: ManifestRequest,
): Promise<unknown> {
  const { registry, endpoint, close } = accessRegistry(context, reference.host, request, context.signal);
  const { tag, digest } = reference;
  const repository = repositoryAt(endpoint, reference);
  try {
    const { bytes } =
      request.platform === undefined
        ? await registry.document(repository, digest ?? tag)
        : await registry.resolve({
            repository,
            tag,
            platform: request.platform,
            ...(digest === undefined ? {} : { digest }),
          });
    return JSON.parse(new TextDecoder().decode(bytes));
  } finally {
    close();
  }
}
