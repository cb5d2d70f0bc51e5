/**
 * Where an image reference leads: the URL of the registry and the name of the repository there. Pure.
 * `library/` exists only at Docker Hub; `--registry` applies only to references that name no host.
 */
import { UdockerError } from '../errors.ts';
import type { ImageReference } from '../oci/reference.ts';
import { isLoopback } from '../system/http-proxy.ts';

export interface Endpoint {
  /** The registry as a user names it: `docker.io`, `quay.io`, `localhost:5000`. */
  readonly name: string;
  /** Scheme, host, port and perhaps a path, without `/v2/` and without a slash at the end. */
  readonly base: URL;
  /** Whether plain http may be tried when https does not answer: only where the user named no scheme. */
  readonly httpFallback: boolean;
  /** Where `search` asks, when one is configured for this registry. */
  readonly index?: URL;
}

export interface RegistrySettings {
  /** `--registry`: URL or `host[:port]`. */
  readonly registry?: string;
  /** `--index`: URL or `host[:port]`. */
  readonly index?: string;
  /** The registries table of the configuration: host to registry URL and index URL. */
  readonly registries: Readonly<Record<string, readonly [registry: string, index?: string]>>;
  /** For references without a host (UDOCKER_REGISTRY, `dockerio_registry_url`). */
  readonly defaultRegistry: string;
  readonly defaultIndex?: string;
  /** Plain http may be tried on any host. */
  readonly insecure: boolean;
}

/** Docker Hub's registry, the default of `defaultRegistry`. */
export const dockerHub = 'https://registry-1.docker.io';
const hubHosts: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/** The name of the reference's repository at `endpoint`, such as `library/busybox`. */
export function repositoryAt(endpoint: Endpoint, { path }: Pick<ImageReference, 'path'>): string {
  const official = endpoint.name === 'docker.io' && !path.includes('/');
  return official ? `library/${path}` : path;
}

/**
 * The registry that references with this host lead to (undefined: without one). Throws USAGE for a malformed registry
 * or index URL.
 */
export function endpointFor(host: string | undefined, settings: RegistrySettings): Endpoint {
  const [registry, index] = addresses(host, settings);
  const base = parseAddress(registry.text, registry.origin);
  const hub = hubHosts.has(base.url.host);
  const name = host ?? (hub ? 'docker.io' : `${base.url.host}${base.url.pathname.replace(/\/$/, '')}`);
  return {
    name,
    base: hub && base.url.host !== 'registry.hub.docker.com' ? new URL(dockerHub) : base.url,
    httpFallback: !base.schemeGiven && (settings.insecure || isLoopback(base.url.hostname)),
    ...(index === undefined ? {} : { index: parseAddress(index, 'the index').url }),
  };
}

/** True when `name` is one of Docker Hub's host names. */
export function isDockerHub(host: string): boolean {
  return hubHosts.has(host);
}

function addresses(
  host: string | undefined,
  settings: RegistrySettings,
): [{ readonly text: string; readonly origin: string }, string | undefined] {
  const row = Object.hasOwn(settings.registries, host ?? '') ? settings.registries[host ?? ''] : undefined;
  if (host !== undefined) {
    return [{ text: row?.[0] ?? host, origin: 'the registries table' }, settings.index ?? row?.[1]];
  }
  if (settings.registry !== undefined && settings.registry !== '') {
    return [{ text: settings.registry, origin: '--registry' }, settings.index];
  }
  const text = settings.defaultRegistry || dockerHub;
  return [{ text, origin: 'the default registry' }, settings.index ?? indexOf(text, settings)];
}

/** The default index, but that of Docker Hub for no other registry: it knows nothing of their images. */
function indexOf(registry: string, { defaultIndex }: RegistrySettings): string | undefined {
  const ofHub = /^(?:https:\/\/)?(?:hub|index)\.docker\.(?:com|io)\b/.test(defaultIndex ?? '');
  const host = registry.replace(/^https?:\/\//, '').replace(/\/.*/, '');
  return ofHub && !isDockerHub(host) ? undefined : defaultIndex;
}

/** Parses `[http[s]://]host[:port][/path]`; a `/v1/` or `/v2/` at the end, which users copy along, is dropped. */
function parseAddress(text: string, origin: string): { readonly url: URL; readonly schemeGiven: boolean } {
  const schemeGiven = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  let url: URL;
  try {
    url = new URL(schemeGiven ? text : `https://${text}`);
  } catch (cause) {
    throw malformed(text, origin, 'it is not a URL', cause);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw malformed(text, origin, `${url.protocol}// is not http:// or https://`);
  }
  if (url.search !== '' || url.hash !== '') throw malformed(text, origin, 'it has a query or a fragment');
  if (url.username !== '' || url.password !== '') {
    throw malformed(text, origin, 'it holds a user name or password; log in with udocker login instead');
  }
  url.pathname = url.pathname.replace(/\/(?:v[12]\/?)?$/, '');
  return { url, schemeGiven };
}

function malformed(text: string, origin: string, why: string, cause?: unknown): UdockerError {
  // A URL with a password in it must not be repeated.
  const shown = text.includes('@') ? 'the address' : JSON.stringify(text);
  return new UdockerError('USAGE', `not a registry: ${shown} from ${origin}: ${why}`, {
    hint: 'write https://host, http://host:port or host:port',
    cause,
  });
}
