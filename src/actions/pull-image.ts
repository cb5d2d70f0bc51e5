/** Copies an image from a registry into the repository: what is missing of it, several blobs at a time. */
import { isUdockerError } from '../errors.ts';
import type { BlobSource, Descriptor } from '../oci/descriptor.ts';
import type { Platform } from '../oci/platform.ts';
import { formatReference, type ImageReference } from '../oci/reference.ts';
import { repositoryAt } from '../registry/endpoint.ts';
import type { ResolvedImage } from '../registry/resolve.ts';
import { inMemory } from '../store/in-memory.ts';
import type { Store } from '../store/store.ts';
import type { ActionContext } from './context.ts';
import { hostPlatform } from './host-platform.ts';
import { storeOf } from './open-store.ts';
import { accessRegistry, type RegistryChoice } from './registry-access.ts';

export interface PullRequest extends RegistryChoice {
  /** Undefined for that of this machine. */
  readonly platform?: Platform | undefined;
}

/** Docker's number: enough to fill a line, few enough for registries that count connections. */
const downloadsAtOnce = 3;

/**
 * Pulls an image; the repository changes only when all of it is there and verified. Throws NOT_FOUND, DENIED,
 * NETWORK, INTEGRITY, INVALID, UNSUPPORTED (platform), STORAGE, USAGE (registry), INTERRUPTED.
 */
export async function pullImage(
  context: ActionContext,
  reference: ImageReference,
  request: PullRequest,
): Promise<void> {
  const store = storeOf(context);
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const { registry, endpoint, close } = accessRegistry(context, reference.host, request, signal);
  try {
    const repository = repositoryAt(endpoint, reference);
    context.report({
      kind: 'debug',
      message: `pulling ${formatReference(reference)} from ${endpoint.base.href}`,
    });
    const image = await registry.resolve({
      repository,
      tag: reference.tag,
      platform: request.platform ?? hostPlatform(),
      ...(reference.digest === undefined ? {} : { digest: reference.digest }),
    });
    await store.blobs.hold(async () => {
      try {
        await copyBlobs(context, store, image, registry.blobs(repository), failed);
        const { bytes: manifestBytes, manifest } = image;
        await store.images.write({ reference, manifestBytes, manifest });
      } catch (error) {
        // What came before the network failed, or the user lost patience, is where the next pull goes on.
        if (isUdockerError(error, 'NETWORK', 'INTERRUPTED')) throw error;
        store.blobs.discard([image.manifest.config, ...image.manifest.layers]);
        throw error;
      }
    });
  } finally {
    close();
  }
}

/** All blobs of the image, each once. After a failure the others are stopped, and only then is it thrown. */
async function copyBlobs(
  context: ActionContext,
  store: Store,
  image: ResolvedImage,
  source: BlobSource,
  failed: AbortController,
): Promise<void> {
  const { config, layers } = image.manifest;
  const putConfig = async (): Promise<void> => {
    await store.blobs.put(config, inMemory(image.config));
  };
  const jobs = new Map([[config.digest, putConfig]]);
  for (const layer of layers) jobs.set(layer.digest, () => copyLayer(context, store, layer, source));
  const queue = [...jobs.values()];
  const errors: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined && errors.length === 0; job = queue.shift()) {
      await job().catch((error: unknown) => {
        errors.push(error);
        failed.abort();
      });
    }
  };
  await Promise.all(Array.from({ length: downloadsAtOnce }, worker));
  if (errors.length > 0) throw errors[0];
}

async function copyLayer(
  { report }: ActionContext,
  store: Store,
  layer: Descriptor,
  source: BlobSource,
): Promise<void> {
  const { digest, size } = layer;
  const facts = { work: 'download', digest, size } as const;
  if (await store.blobs.has(layer)) {
    report({ kind: 'blob-present', ...facts });
    return;
  }
  report({ kind: 'blob-started', ...facts });
  await store.blobs.put(layer, source, (bytes) => report({ kind: 'blob-progress', bytes, ...facts }));
  report({ kind: 'blob-done', ...facts });
}
