/**
 * The many ways in which credential files name a registry, brought to one: `host[:port][/path]`, Docker Hub as
 * `docker.io`. Seen in the wild: `https://index.docker.io/v1/`, `quay.io`, `localhost:5000`, `http://host/v2`.
 */
import { isDockerHub } from './endpoint.ts';

/** What Docker and its credential helpers call Docker Hub. */
export const dockerHubServer = 'https://index.docker.io/v1/';

/** The normal form of a key in a credential file. */
export function registryKey(text: string): string {
  const [, scheme, host = '', path = ''] = /^(?:(https?):\/\/)?([^/]*)(\/.*)?$/i.exec(text.trim()) ?? [];
  const name = host.toLowerCase().replace(scheme?.toLowerCase() === 'http' ? /:80$/ : /:443$/, '');
  const rest = path.replace(/\/+$/, '').replace(/\/v[12]$/, '');
  return (isDockerHub(name) ? 'docker.io' : name) + rest;
}

/** Keys under which credentials for a repository may be filed, most specific first (Podman files by path). */
export function keysToTry(base: URL, repository: string | undefined): string[] {
  const registry = registryKey(base.href);
  const parts = repository?.split('/') ?? [];
  const paths = parts.map((_, i) => `${registry}/${parts.slice(0, parts.length - i).join('/')}`);
  const host = registryKey(base.origin);
  return [...new Set([...paths, registry, host])];
}

/** The name to ask a credential helper for. */
export function helperServer(key: string): string {
  return key === 'docker.io' ? dockerHubServer : key;
}
