/**
 * HTTP and HTTPS as the rest of the program sees them: one request, one answer with a body that streams. No
 * redirects, no cookies, no retries, no decompression: those are decisions of the caller.
 * The protocol is spoken here, over connections of our own making (`http-connect.ts`): the runtime's HTTP client
 * took a quarter of the time of a pull.
 */
import type { SecureContext } from 'node:tls';
import { connect } from './http-connect.ts';
import { Connection } from './http-connection.ts';
import { type Client, exchange, StaleConnection } from './http-exchange.ts';
import { Pool } from './http-pool.ts';
import { type ProxyRules, proxyFor } from './http-proxy.ts';
import { secureContext } from './http-trust.ts';

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  /** http: or https:. A user name in it is not used. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What is being done, for messages: `asking quay.io for the tags of x`. */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** All values of a header, in order; the name in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Read it to the end, leave the loop early, or `discard()` it. Throws NETWORK, also when it is cut short. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the body up; the connection is closed unless the body had already come. */
  discard(): void;
}

/** One exchange of HTTP; what the registry room needs of the network. */
export interface HttpClient {
  /** Throws NETWORK (see `networkFailure`), or INTERRUPTED when `signal` aborts. Every status is an answer. */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Closes idle connections. */
  close(): void;
}

export interface HttpOptions {
  readonly proxies: ProxyRules;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Certificates are not checked. */
  readonly insecure?: boolean;
  readonly userAgent: string;
  /** For name, TCP, proxy and TLS together; default 15 s. */
  readonly connectTimeoutMs?: number;
  /** Longest silence; default 60 s. */
  readonly idleTimeoutMs?: number;
  /** For one exchange, body included; default none. */
  readonly totalTimeoutMs?: number;
}

/** Makes a client. Nothing is read or connected before the first request. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const pool = new Pool();
  const dial = dialler(options);
  return {
    request: async (request) => {
      try {
        return await exchange(request, { pool, dial, options, keptAlive: true });
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
        // The server closed an idle connection while we were writing to it: nothing was done, ask again.
        return exchange(request, { pool, dial, options, keptAlive: false });
      }
    },
    close: () => pool.close(),
  };
}

/** The first value of a header. */
export function header(response: Pick<HttpResponse, 'headers'>, name: string): string | undefined {
  return response.headers.get(name)?.[0];
}

function dialler(options: HttpOptions): Client['dial'] {
  const contexts = new Map<string, SecureContext>();
  const insecure = options.insecure ?? false;
  const trust = (authority: string): SecureContext => {
    const context = contexts.get(authority) ?? secureContext(authority, { ...options, insecure });
    contexts.set(authority, context);
    return context;
  };
  return async (url) =>
    new Connection(
      await connect(url, {
        proxy: proxyFor(url, options.proxies),
        context: trust,
        insecure,
        timeoutMs: options.connectTimeoutMs ?? 15_000,
      }),
    );
}
