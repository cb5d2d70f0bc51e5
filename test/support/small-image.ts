/**
 * Small images for end-to-end tests, made in memory: busybox with a few links, and whatever a test adds. They are
 * published in the registry of the test process, for one platform or several.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Published, RegistryServer } from './registry-server.ts';
import { type Item, tar } from './tar-writer.ts';

export const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';
const ociConfig = 'application/vnd.oci.image.config.v1+json';
const ociGzip = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** This machine, in the words of images. */
export const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

export interface ImageOptions {
  /** Default: this machine's. */
  readonly architecture?: string;
  /** The `config` part of the image's configuration; default: PATH and a command. */
  readonly config?: object;
  /** Uncompressed tars, bottom first; default: busybox. */
  readonly tars?: readonly Uint8Array[];
}

export interface Layer {
  readonly tar: Uint8Array;
  readonly gzip: Uint8Array;
}

const applets =
  'sh ls cat id env echo head wc sleep true false pwd stat printf ps kill touch mkdir rm test dd yes seq tty hostname date od stty uname grep chmod';

/** A root file system of busybox: programs, accounts, the usual directories. */
export function busyboxTar(...more: readonly Item[]): Buffer {
  return tar(
    { name: 'bin/' },
    { name: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
    ...applets.split(' ').map((name) => ({ name: `bin/${name}`, type: '2', linkName: 'busybox' })),
    { name: 'etc/' },
    { name: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000:guest:/tmp:/bin/sh\n' },
    { name: 'etc/group', content: 'root:x:0:\nguest:x:1000:\n' },
    { name: 'root/', mode: 0o700 },
    { name: 'tmp/', mode: 0o1777 },
    ...more,
  );
}

const layers = new Map<Uint8Array, Layer>();
let busybox: Buffer | undefined;

function layerOf(plain: Uint8Array): Layer {
  const layer = layers.get(plain) ?? { tar: plain, gzip: gzipSync(plain, { level: 1 }) };
  layers.set(plain, layer);
  return layer;
}

export interface PublishedImage extends Published {
  readonly layers: readonly Published[];
  readonly config: Published;
}

/** Publishes an image of gzip layers under `repository:tag`. */
export function publishImage(
  server: RegistryServer,
  repository: string,
  tag: string | undefined,
  options: ImageOptions = {},
): PublishedImage {
  busybox ??= busyboxTar();
  const made = (options.tars ?? [busybox]).map(layerOf);
  const config = server.putBlob(
    Buffer.from(
      JSON.stringify({
        os: 'linux',
        architecture: options.architecture ?? architecture,
        config: options.config ?? { Env: ['PATH=/bin'], Cmd: ['sh'] },
        rootfs: { type: 'layers', diff_ids: made.map(({ tar }) => sha256(tar)) },
      }),
    ),
  );
  const blobs = made.map(({ gzip }) => server.putBlob(gzip));
  const manifest = {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: { mediaType: ociConfig, ...config },
    layers: blobs.map((blob) => ({ mediaType: ociGzip, ...blob })),
  };
  return { ...server.putManifest(repository, tag, manifest), layers: blobs, config };
}

/** Publishes an index of images for these architectures; all have the same files. */
export function publishIndex(
  server: RegistryServer,
  repository: string,
  tag: string,
  architectures: readonly string[],
): Published {
  const manifests = architectures.map((name) => {
    const { digest, size } = publishImage(server, repository, undefined, { architecture: name });
    return { mediaType: ociManifest, digest, size, platform: { os: 'linux', architecture: name } };
  });
  return server.putManifest(repository, tag, { schemaVersion: 2, mediaType: ociIndex, manifests });
}

/** Bytes that do not compress, the same for the same seed. */
export function noise(size: number, seed: string): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0, block = createHash('sha256').update(seed).digest(); at < size; at += block.length) {
    block.copy(bytes, at);
    block = createHash('sha256').update(block).digest();
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
