/** What the registry tests share: a clock that does not wait, an image to publish, a registry opened on a server. */
import { createHash } from 'node:crypto';
import { parsePlatform } from '../../src/oci/platform.ts';
import type { ImageReference } from '../../src/oci/reference.ts';
import type { Credentials } from '../../src/registry/credentials.ts';
import {
  type Endpoint,
  endpointFor,
  type RegistrySettings,
  repositoryAt,
} from '../../src/registry/endpoint.ts';
import type { RegistryEvent } from '../../src/registry/events.ts';
import { openRegistry, type Registry, type RegistryOptions } from '../../src/registry/registry.ts';
import type { Clock } from '../../src/system/clock.ts';
import { createHttpClient, type HttpOptions } from '../../src/system/http.ts';
import { proxyRules } from '../../src/system/http-proxy.ts';
import type { RegistryServer } from './registry-server.ts';

/** Sleeps take no time, but time goes on by them. */
export class TestClock implements Clock {
  readonly slept: number[] = [];
  #now = Date.parse('2026-01-01T00:00:00Z');
  now(): number {
    return this.#now;
  }
  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.#now += ms;
  }
  random(): number {
    return 0.5;
  }
}

export const noSettings: RegistrySettings = { registries: {}, defaultRegistry: '', insecure: false };

/** Registry and repository of a reference, found as a pull finds them. */
export function locate(
  reference: ImageReference,
  settings: RegistrySettings,
): { readonly endpoint: Endpoint; readonly repository: string } {
  const endpoint = endpointFor(reference.host, settings);
  return { endpoint, repository: repositoryAt(endpoint, reference) };
}

export interface Lab {
  readonly registry: Registry;
  readonly clock: TestClock;
  readonly events: RegistryEvent[];
}

/** Opens the server's registry. */
export function openLab(
  server: { readonly url: string },
  credentials?: Credentials,
  options: Partial<RegistryOptions> = {},
  http: Partial<HttpOptions> = {},
): Lab {
  const clock = new TestClock();
  const events: RegistryEvent[] = [];
  const registry = openRegistry({
    endpoint: endpointFor(undefined, { ...noSettings, registry: server.url }),
    http: createHttpClient({
      proxies: proxyRules(undefined, {}),
      environment: {},
      userAgent: 'udocker-test',
      ...http,
    }),
    clock,
    credentials: async () => credentials,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { registry, clock, events };
}

export function password(username: string, word: string): Credentials {
  return { kind: 'password', username, password: word, source: 'a test' };
}

export const amd64 = parsePlatform('linux/amd64');

export interface PublishedImage {
  readonly digest: string;
  readonly size: number;
  readonly layer: Uint8Array;
  readonly manifest: {
    readonly config: { digest: string; size: number };
    readonly layers: readonly { mediaType: string; digest: string; size: number }[];
  };
}

/** Publishes an image of one layer with `size` bytes of noise. */
export function publishImage(
  server: RegistryServer,
  repository: string,
  tag: string | undefined,
  options: { readonly architecture?: string; readonly size?: number; readonly mediaType?: string } = {},
): PublishedImage {
  const { architecture = 'amd64', size = 100_000 } = options;
  const layer = noise(size, architecture);
  const config = server.putBlob(
    Buffer.from(
      JSON.stringify({ os: 'linux', architecture, config: {}, rootfs: { type: 'layers', diff_ids: [] } }),
    ),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [
      {
        mediaType: options.mediaType ?? 'application/vnd.oci.image.layer.v1.tar+gzip',
        ...server.putBlob(layer),
      },
    ],
  };
  return { ...server.putManifest(repository, tag, manifest), layer, manifest };
}

/** The same bytes for the same seed. */
export function noise(size: number, seed: string): Uint8Array {
  const bytes = Buffer.alloc(size);
  for (let at = 0, block = createHash('sha256').update(seed).digest(); at < size; at += block.length) {
    block.copy(bytes, at);
    block = createHash('sha256').update(block).digest();
  }
  return bytes;
}

/** The error that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error('nothing failed');
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
