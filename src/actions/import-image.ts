/** Makes an image of one layer out of the tar of a file system, such as `docker export` writes. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { UdockerError } from '../errors.ts';
import { formatOf } from '../layers/decode/format.ts';
import { type TakenLayer, takeLayer } from '../layers/take-layer.ts';
import { archiveName } from '../layers/unpack-archive.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseDigest } from '../oci/digest.ts';
import { importedConfig } from '../oci/imported-config.ts';
import { mediaTypes } from '../oci/media-type.ts';
import type { Platform } from '../oci/platform.ts';
import type { ImageReference } from '../oci/reference.ts';
import { type HostPath, hostPath } from '../paths.ts';
import { inMemory } from '../store/in-memory.ts';
import type { Store } from '../store/store.ts';
import { linkFile, removeFile } from '../system/files.ts';
import { standardInput } from '../system/read-file.ts';
import type { ActionContext } from './context.ts';
import { hostPlatform } from './host-platform.ts';
import { importSource } from './import-source.ts';
import { storeOf } from './open-store.ts';
import { withReadable } from './readable-archive.ts';

export interface ImportImageRequest {
  /** A file, relative to the working directory or absolute; `-` for the standard input. */
  readonly source: string;
  readonly reference: ImageReference;
  readonly platform: Platform | undefined;
  /** The file goes, and where that is possible without being copied. */
  readonly move: boolean;
}

/**
 * Imports. The archive is kept as it is, compressed or not; nothing of it stays when it is no tar. Throws NOT_FOUND,
 * CONFLICT (the name is taken), INVALID, STORAGE, INTERRUPTED.
 */
export async function importImage(context: ActionContext, request: ImportImageRequest): Promise<void> {
  const { reference } = request;
  const store = storeOf(context);
  const source = importSource(context, request.source);
  requireFree(store, reference);
  const move = request.move && source !== standardInput;
  await store.blobs.hold(async () => {
    const target = hostPath(`${store.blobs.stagingPrefix('import')}0`);
    try {
      await withReadable(context, store, source, async (path) => {
        const isThere = (move || path !== source) && linkFile(path, target);
        const taken = await takeLayer({
          source: path,
          target,
          isThere,
          name: archiveName(source),
          signal: context.signal,
        });
        if (taken.isImageArchive) throw notAFileSystem(request.source);
        await takeIn(store, reference, request.platform ?? hostPlatform(), taken, target);
        context.report({ kind: 'info', message: `added layer ${taken.digest}` });
      });
    } finally {
      removeFile(target);
    }
  });
  if (move) removeFile(source);
}

function requireFree(store: Store, reference: ImageReference): void {
  const taken = store.images.find(reference);
  if (taken === undefined) return;
  throw new UdockerError('CONFLICT', `importing ${taken.text}: tag already exists in repo`, {
    hint: `remove it first with: udocker rmi ${taken.text}; or choose another name`,
  });
}

function notAFileSystem(source: string): UdockerError {
  return new UdockerError(
    'INVALID',
    `importing ${source}: it is an archive of images, not of a file system`,
    {
      hint: `load it with: udocker load -i ${source}`,
    },
  );
}

const layerTypes = {
  plain: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
} as const;

async function takeIn(
  store: Store,
  reference: ImageReference,
  platform: Platform,
  { digest, size, start, diffId }: TakenLayer,
  file: HostPath,
): Promise<void> {
  const layer = { mediaType: layerTypes[formatOf(Buffer.from(start, 'latin1'))], digest, size };
  const text = importedConfig({ platform, diffId, created: Math.floor(Date.now() / 1000) });
  const configBytes = new TextEncoder().encode(text);
  const config: Descriptor = {
    mediaType: mediaTypes.ociConfig,
    digest: parseDigest(`sha256:${createHash('sha256').update(configBytes).digest('hex')}`),
    size: configBytes.length,
  };
  const mediaType = mediaTypes.ociManifest;
  const document = { schemaVersion: 2, mediaType, config, layers: [layer] };
  try {
    await store.blobs.adopt(layer, file);
    await store.blobs.put(config, inMemory(configBytes));
    requireFree(store, reference);
    await store.images.write({
      reference,
      manifest: { kind: 'manifest', mediaType, config, layers: [layer] },
      manifestBytes: new TextEncoder().encode(JSON.stringify(document)),
    });
  } catch (error) {
    store.blobs.discard([config, layer]);
    throw error;
  }
}
