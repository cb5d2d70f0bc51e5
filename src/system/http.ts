/**
 * HTTP and HTTPS as the rest of the program sees them: one request, one answer with a body that streams. No
 * redirects, no cookies, no retries, no decompression: those are decisions of the caller.
 * Built on node:http with connections of our own making (`http-connect.ts`).
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { SecureContext } from 'node:tls';
import { isUdockerError, type UdockerError } from '../errors.ts';
import { connect } from './http-connect.ts';
import { faultOf, HttpFault, networkError } from './http-failure.ts';
import { bare, type ProxyRules, type ProxyServer, portOf, proxyFor } from './http-proxy.ts';
import { secureContext } from './http-trust.ts';
import { proxyLogin, proxyLoginFault } from './http-tunnel.ts';
import { Watch } from './http-watch.ts';

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
  const agents = createAgents(options);
  return {
    request: async (request) => {
      try {
        return await exchange(request, agents, options);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
        // The server closed an idle connection while we were writing to it: nothing was done, ask again.
        return exchange(request, { ...agents, keptAlive: false }, options);
      }
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** The first value of a header. */
export function header(response: Pick<HttpResponse, 'headers'>, name: string): string | undefined {
  return response.headers.get(name)?.[0];
}

interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
  readonly keptAlive: boolean;
}
class StaleConnection extends Error {}

function createAgents(options: HttpOptions): Agents {
  const contexts = new Map<string, SecureContext>();
  const insecure = options.insecure ?? false;
  const trust = (authority: string): SecureContext => {
    const context = contexts.get(authority) ?? secureContext(authority, { ...options, insecure });
    contexts.set(authority, context);
    return context;
  };
  const dial: Dial = (target, done) => {
    connect(target.url, {
      proxy: proxyFor(target.url, options.proxies),
      context: trust,
      insecure,
      timeoutMs: options.connectTimeoutMs ?? 15_000,
    }).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
  };
  const agent = <T extends http.Agent>(made: T): T => Object.assign(made, { createConnection: dial });
  const settings = { keepAlive: true, maxFreeSockets: 8 };
  return { http: agent(new http.Agent(settings)), https: agent(new https.Agent(settings)), keptAlive: true };
}

type Dial = (target: { readonly url: URL }, done: (error: Error | null, socket?: unknown) => void) => void;

function exchange(request: HttpRequest, agents: Agents, options: HttpOptions): Promise<HttpResponse> {
  const { url, doing, signal } = request;
  const proxy = proxyFor(url, options.proxies);
  return new Promise((resolve, reject) => {
    const limits = { idleTimeoutMs: options.idleTimeoutMs ?? 60_000, totalTimeoutMs: options.totalTimeoutMs };
    const watch = new Watch(limits, url.host, doing, signal, (why) => message.destroy(why));
    const fail = (error: unknown) => explain(watch.reason ?? error, url, doing);
    const message = send(request, proxy, agents, options);
    message.once('error', (error) => {
      watch.end();
      const stale = agents.keptAlive && message.reusedSocket && watch.reason === undefined;
      reject(stale ? new StaleConnection() : fail(error));
    });
    message.once('response', (answer) => {
      // From here on the body reports what happens, to whoever reads it.
      message.on('error', () => {});
      answer.on('error', () => {});
      if (proxy !== undefined && refusesLogin(answer)) {
        watch.end();
        answer.destroy();
        return reject(networkError(doing, proxyLoginFault(proxy)));
      }
      resolve(response(answer, request, watch, fail));
    });
    message.end(request.body);
  });
}

/** tinyproxy says 401, in its own name, for a wrong login, and 407 only when there is none. */
function refusesLogin(answer: http.IncomingMessage): boolean {
  if (answer.statusCode === 407) return true;
  return answer.statusCode === 401 && /^tinyproxy/.test(String(answer.headers.server));
}

function send(
  request: HttpRequest,
  proxy: ProxyServer | undefined,
  agents: Agents,
  options: HttpOptions,
): http.ClientRequest {
  const { url } = request;
  const secure = url.protocol === 'https:';
  const plainProxy = !secure && (proxy?.kind === 'http' || proxy?.kind === 'https') ? proxy : undefined;
  const login = plainProxy === undefined ? undefined : proxyLogin(plainProxy);
  const fresh = agents.keptAlive ? {} : { connection: 'close' };
  const settings = {
    url, // For our own createConnection: agents hand their options on to it.
    host: bare(url.hostname),
    port: portOf(url),
    method: request.method ?? 'GET',
    // An http proxy is asked with the whole URL (RFC 9112, section 3.2.2).
    path:
      plainProxy === undefined ? `${url.pathname}${url.search}` : `${url.origin}${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      'user-agent': options.userAgent,
      'accept-encoding': 'identity',
      ...(login === undefined ? {} : { 'proxy-authorization': login }),
      ...fresh,
      ...request.headers,
    },
    agent: secure ? agents.https : agents.http,
  };
  return secure ? https.request(settings) : http.request(settings);
}

function response(
  answer: http.IncomingMessage,
  request: HttpRequest,
  watch: Watch,
  fail: (error: unknown) => UdockerError,
): HttpResponse {
  return {
    status: answer.statusCode ?? 0,
    headers: headersOf(answer.rawHeaders),
    body: read(answer, request, watch, fail),
    discard: () => {
      watch.end();
      // A short answer is drained so that the connection can be used again.
      if (Number(answer.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= 65536) answer.resume();
      else answer.destroy();
    },
  };
}

async function* read(
  answer: http.IncomingMessage,
  request: HttpRequest,
  watch: Watch,
  fail: (error: unknown) => UdockerError,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  try {
    watch.wait();
    for await (const chunk of answer) {
      watch.arrived();
      received += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
      watch.wait();
    }
  } catch (error) {
    // The runtime notices bodies that end too early, and says "aborted".
    const { host } = request.url;
    const cut = faultOf(error, host).failure === 'cut';
    throw fail(cut ? new HttpFault('cut', host, `after ${received} bytes`, error) : error);
  } finally {
    watch.end();
    answer.destroy();
  }
  if (watch.reason !== undefined) throw fail(watch.reason);
}

function explain(error: unknown, url: URL, doing: string): UdockerError {
  return isUdockerError(error) ? error : networkError(doing, faultOf(error, url.host));
}

function headersOf(raw: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), raw[i + 1] ?? '']);
  }
  return headers;
}
