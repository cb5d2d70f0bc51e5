/** From the configuration and the options of a command to an opened registry. Loads the HTTP client. */
import { credentialsFor } from '../registry/credentials.ts';
import { type Endpoint, endpointFor } from '../registry/endpoint.ts';
import type { RegistryEvent } from '../registry/events.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import { createHttpClient, type HttpClient } from '../system/http.ts';
import { proxyRules } from '../system/http-proxy.ts';
import type { ActionContext } from './context.ts';
import type { ActionEvent } from './events.ts';

/** Where to ask instead of where the configuration says. */
export interface RegistryChoice {
  /** URL or `host[:port]`, for images without a host. */
  readonly registry?: string | undefined;
  readonly index?: string | undefined;
  /** Proxy URL. */
  readonly httpproxy?: string | undefined;
}

export interface OpenedRegistry {
  readonly endpoint: Endpoint;
  readonly registry: Registry;
  /** Closes connections that are kept alive. */
  readonly close: () => void;
}

/** The registry of references with this host (undefined: without one). Throws USAGE for a malformed address. */
export function chooseEndpoint(
  { config }: ActionContext,
  host: string | undefined,
  choice: RegistryChoice,
): Endpoint {
  const { registry, index } = choice;
  const { registries, defaultRegistry, defaultIndex, insecure } = config.network;
  return endpointFor(host, {
    registries,
    defaultRegistry,
    defaultIndex,
    insecure,
    ...(registry === undefined ? {} : { registry }),
    ...(index === undefined ? {} : { index }),
  });
}

/** Opens that registry; nothing is contacted yet. `signal` ends whatever is under way. Throws USAGE. */
export function accessRegistry(
  context: ActionContext,
  host: string | undefined,
  choice: RegistryChoice,
  signal: AbortSignal,
): OpenedRegistry {
  const { config, user } = context;
  const { network } = config;
  const endpoint = chooseEndpoint(context, host, choice);
  const onEvent = registryReport(context);
  const http = httpClientOf(context, choice.httpproxy);
  const registry = openRegistry({
    endpoint,
    http,
    credentials: credentialsFor(endpoint, {
      keystore: config.layout.keystore,
      environment: user.env,
      onEvent,
    }),
    insecure: network.insecure,
    onEvent,
    signal,
  });
  return { endpoint, registry, close: () => http.close() };
}

/** A client with the timeouts and rules of the configuration; `proxy` (URL, or empty for none) stands above those. */
export function httpClientOf(
  { config: { network }, user, version }: ActionContext,
  proxy: string | undefined,
): HttpClient {
  return createHttpClient({
    proxies: proxyRules(proxy ?? network.proxy, user.env),
    environment: user.env,
    insecure: network.insecure,
    userAgent: network.userAgent || `udocker/${version}`,
    connectTimeoutMs: network.connectTimeoutMs,
    idleTimeoutMs: network.readTimeoutMs,
    totalTimeoutMs: network.totalTimeoutMs,
  });
}

/** Tells people what they should know of the traffic. */
export function registryReport({ report }: ActionContext): (event: RegistryEvent) => void {
  return (event) => {
    const shown = sentence(event);
    if (shown !== undefined) report(shown);
  };
}

/** What people should know; the progress of blobs is counted where they are stored. */
function sentence(event: RegistryEvent): ActionEvent | undefined {
  switch (event.kind) {
    case 'retrying': {
      const { doing, reason, attempt, attempts, delayMs } = event;
      const delay = `${(delayMs / 1000).toFixed(1)} s`;
      return { kind: 'info', message: `${doing}: ${reason}; attempt ${attempt} of ${attempts} in ${delay}` };
    }
    case 'plain-http':
      return { kind: 'debug', message: `${event.host}: ${event.reason}; using plain http` };
    case 'blob-resumed': {
      const how = event.ranges ? 'continued' : 'sent again by a server that cannot continue';
      return { kind: 'debug', message: `${event.digest}: ${how} at byte ${event.offset}` };
    }
    case 'credentials-unavailable':
      return { kind: 'warning', message: `credentials of ${event.source} are not used: ${event.reason}` };
    case 'blob-progress':
      return undefined;
  }
}
