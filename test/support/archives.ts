/** Image archives for tests, honest and hostile, made byte by byte. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { architecture } from './small-image.ts';
import { type Item, tar } from './tar-writer.ts';

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A busybox layer that works, with its shell and a few applets. */
export function busyboxLayer(...more: readonly Item[]): Buffer {
  const content = readFileSync('/bin/busybox');
  const applets = [
    'sh',
    'cat',
    'ls',
    'stat',
    'id',
    'echo',
    'touch',
    'chown',
    'chmod',
    'ln',
    'mkdir',
    'mkfifo',
    'mknod',
  ];
  return tar(
    { name: 'bin/' },
    { name: 'bin/busybox', content, mode: 0o755 },
    ...applets.map((applet) => ({ name: `bin/${applet}`, type: '2', linkName: 'busybox' })),
    { name: 'tmp/', mode: 0o1777 },
    ...more,
  );
}

/** The configuration of an image with these uncompressed layers, as text. */
export function configFor(layers: readonly Buffer[], config: object = { Cmd: ['/bin/sh'] }): string {
  return JSON.stringify({
    architecture,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
  });
}

export interface DockerImage {
  readonly tags: readonly string[] | null;
  readonly layers: readonly Buffer[];
  /** What stands in the archive for a layer, if not its bytes. */
  readonly stored?: (layer: Buffer) => Buffer;
}

/** The members of a docker-archive; change them to make it wrong. */
export function dockerItems(...images: readonly DockerImage[]): Item[] {
  const items: Item[] = [];
  const contents = images.map(({ tags, layers, stored = (layer) => layer }) => {
    const config = configFor(layers);
    const names = layers.map((layer) => `${sha256(layer)}.tar`);
    layers.forEach((layer, at) => {
      items.push({ name: names[at] ?? '', content: stored(layer) });
    });
    items.push({ name: `${sha256(config)}.json`, content: config });
    return { Config: `${sha256(config)}.json`, RepoTags: tags, Layers: names };
  });
  return [...items, { name: 'manifest.json', content: JSON.stringify(contents) }];
}

/** The members of an OCI layout with one image, its layers as `stored` gives them. */
export function ociItems(
  layers: readonly Buffer[],
  annotations: Readonly<Record<string, string>>,
  stored: (layer: Buffer) => Buffer = (layer) => layer,
): Item[] {
  const blobs: Buffer[] = [];
  const put = (mediaType: string, bytes: Buffer): object => {
    blobs.push(bytes);
    return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  };
  const manifest = {
    schemaVersion: 2,
    config: put('application/vnd.oci.image.config.v1+json', Buffer.from(configFor(layers))),
    layers: layers.map((layer) => put('application/vnd.oci.image.layer.v1.tar', stored(layer))),
  };
  const entry = put('application/vnd.oci.image.manifest.v1+json', Buffer.from(JSON.stringify(manifest)));
  return [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    {
      name: 'index.json',
      content: JSON.stringify({ schemaVersion: 2, manifests: [{ ...entry, annotations }] }),
    },
    ...blobs.map((content) => ({ name: `blobs/sha256/${sha256(content)}`, content })),
  ];
}
