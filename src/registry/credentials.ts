/**
 * Who we are at a registry: udocker's own keystore first, then what Docker's and Podman's logins left. Looked up
 * only when a registry asks for a login.
 */
import { type HostPath, hostPath } from '../paths.ts';
import { dockerCredentials } from './credentials-docker.ts';
import type { Endpoint } from './endpoint.ts';
import type { OnRegistryEvent } from './events.ts';
import { readKeystore } from './keystore.ts';
import type { Credentials } from './login.ts';
import { keysToTry, registryKey } from './registry-key.ts';

export type { Credentials } from './login.ts';

export interface CredentialsOptions {
  /** udocker's keystore file. */
  readonly keystore: HostPath;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onEvent?: OnRegistryEvent;
}

/**
 * A function that finds the credentials for a repository of `endpoint` (or the registry as such), in the order:
 * keystore; Podman's REGISTRY_AUTH_FILE; Docker's config.json; Podman's auth.json. Undefined when there are none.
 * A source that cannot be used is reported as an event and passed over: public images need no login.
 */
export function credentialsFor(
  endpoint: Endpoint,
  options: CredentialsOptions,
): (repository: string | undefined) => Promise<Credentials | undefined> {
  return async (repository) => {
    const keys = keysToTry(endpoint.base, repository);
    return (await fromKeystore(keys, options)) ?? (await fromDockerFiles(keys, options));
  };
}

async function fromKeystore(
  keys: readonly string[],
  options: CredentialsOptions,
): Promise<Credentials | undefined> {
  const entries = await guarded(options.keystore, options, () => readKeystore(options.keystore));
  for (const key of keys) {
    const entry = entries?.find((one) => registryKey(one.url) === key);
    if (entry !== undefined) {
      return {
        kind: 'password',
        username: entry.username,
        password: entry.password,
        source: options.keystore,
      };
    }
  }
  return undefined;
}

async function fromDockerFiles(
  keys: readonly string[],
  options: CredentialsOptions,
): Promise<Credentials | undefined> {
  for (const file of dockerFiles(options.environment)) {
    const found = await guarded(file, options, () => dockerCredentials(file, keys, options.environment));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The files that Docker and Podman use, most specific first. */
function dockerFiles(env: CredentialsOptions['environment']): HostPath[] {
  const at = (directory: string | undefined, name: string) =>
    directory?.startsWith('/') ? [hostPath(name, hostPath(directory))] : [];
  return [
    ...at(env.REGISTRY_AUTH_FILE, '.'),
    ...(env.DOCKER_CONFIG ? at(env.DOCKER_CONFIG, 'config.json') : at(env.HOME, '.docker/config.json')),
    ...at(env.XDG_RUNTIME_DIR, 'containers/auth.json'),
    ...(env.XDG_CONFIG_HOME
      ? at(env.XDG_CONFIG_HOME, 'containers/auth.json')
      : at(env.HOME, '.config/containers/auth.json')),
  ];
}

async function guarded<T>(
  source: string,
  options: CredentialsOptions,
  read: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    options.onEvent?.({ kind: 'credentials-unavailable', source, reason });
    return undefined;
  }
}
