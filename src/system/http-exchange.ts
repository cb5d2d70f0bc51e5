/**
 * One request and its answer over one connection, watched from dialling to the last byte. Afterwards the connection
 * goes back to the pool if both sides can use it again.
 */
import { isUdockerError, type UdockerError } from '../errors.ts';
import type { HttpOptions, HttpRequest, HttpResponse } from './http.ts';
import { bodyOf, readUntil } from './http-body.ts';
import type { Connection } from './http-connection.ts';
import { faultOf, HttpFault, networkError } from './http-failure.ts';
import { malformed, parseHead, type ResponseHead, requestHead } from './http-message.ts';
import type { Pool } from './http-pool.ts';
import { type ProxyServer, proxyFor } from './http-proxy.ts';
import { proxyLogin, proxyLoginFault } from './http-tunnel.ts';
import { Watch } from './http-watch.ts';

/** What the exchanges of one client share. */
export interface Client {
  readonly pool: Pool;
  readonly dial: (url: URL) => Promise<Connection>;
  readonly options: HttpOptions;
  /** Connections that have rested may be used. */
  readonly keptAlive: boolean;
}
/** A connection that had rested was closed by the server before it answered. */
export class StaleConnection extends Error {}

/**
 * One exchange; when it returns, the body is still on its way. Throws NETWORK, INTERRUPTED, StaleConnection.
 */
export async function exchange(request: HttpRequest, client: Client): Promise<HttpResponse> {
  const { url, doing, signal } = request;
  const { options, pool } = client;
  const limits = { idleTimeoutMs: options.idleTimeoutMs ?? 60_000, totalTimeoutMs: options.totalTimeoutMs };
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {}); // Often nobody waits for it any more.
  let connection: Connection | undefined;
  const watch = new Watch(limits, url.host, doing, signal, (why) => {
    stopped.reject(why);
    connection?.destroy(why);
  });
  const rested = client.keptAlive ? pool.take(url.origin) : undefined;
  try {
    connection = rested ?? (await Promise.race([fresh(url, client, watch), stopped.promise]));
    connection.write(text(request, options, client.keptAlive));
    const head = await readHead(connection, request, rested !== undefined);
    const proxy = proxyFor(url, options.proxies);
    if (proxy !== undefined && refusesLogin(head)) throw proxyLoginFault(proxy);
    return response(head, request, watch, connection, pool);
  } catch (error) {
    watch.end();
    if (connection !== undefined) pool.give(url.origin, connection, false);
    if (error instanceof StaleConnection && watch.reason === undefined) throw error;
    throw explain(watch.reason ?? error, url, doing);
  }
}

/** A new connection. One that is ready only after the exchange was given up is closed. */
async function fresh(url: URL, { dial, pool }: Client, watch: Watch): Promise<Connection> {
  const connection = await dial(url);
  if (watch.reason !== undefined) connection.destroy();
  pool.made(connection);
  return connection;
}

function text(request: HttpRequest, options: HttpOptions, keptAlive: boolean): string {
  const { url, method = 'GET', body, doing } = request;
  const proxy = url.protocol === 'https:' ? undefined : httpProxy(proxyFor(url, options.proxies));
  const login = proxy === undefined ? undefined : proxyLogin(proxy);
  const path = `${url.pathname}${url.search}`;
  const bytes = body === undefined ? undefined : Buffer.from(body, 'utf8');
  const headers = {
    host: url.host,
    'user-agent': options.userAgent,
    'accept-encoding': 'identity',
    ...(login === undefined ? {} : { 'proxy-authorization': login }),
    ...(keptAlive ? {} : { connection: 'close' }),
    ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }),
    ...request.headers,
  };
  // An http proxy is asked with the whole URL (RFC 9112, section 3.2.2).
  const target = proxy === undefined ? path : `${url.origin}${path}`;
  const head = requestHead(method, target, headers, doing);
  return head + (bytes?.toString('latin1') ?? '');
}

function httpProxy(proxy: ProxyServer | undefined): ProxyServer | undefined {
  return proxy?.kind === 'http' || proxy?.kind === 'https' ? proxy : undefined;
}

const longestHead = 65_536;

/** Interim answers (1xx) are passed over. */
async function readHead(
  connection: Connection,
  { url, method = 'GET' }: HttpRequest,
  rested: boolean,
): Promise<ResponseHead> {
  let answered = false;
  const check = (start: Uint8Array): void => {
    answered = true;
    const begins = Buffer.from(start.subarray(0, 5)).toString('latin1');
    if (!'HTTP/'.startsWith(begins)) throw malformed(url.host, 'its answer is not HTTP');
  };
  try {
    for (;;) {
      const lines = await readUntil(connection, '\r\n\r\n', longestHead, check);
      if (lines === undefined) throw malformed(url.host, 'the head of its answer is too long');
      const head = parseHead(lines, method, url.host);
      if (head.status >= 200) return head;
    }
  } catch (error) {
    throw rested && !answered ? new StaleConnection() : error;
  }
}

/** tinyproxy says 401, in its own name, for a wrong login, and 407 only when there is none. */
function refusesLogin({ status, headers }: ResponseHead): boolean {
  return status === 407 || (status === 401 && /^tinyproxy/.test(headers.get('server')?.[0] ?? ''));
}

function response(
  head: ResponseHead,
  request: HttpRequest,
  watch: Watch,
  connection: Connection,
  pool: Pool,
): HttpResponse {
  const { status, headers, framing, persistent } = head;
  let over = false;
  /** Only once: afterwards another exchange may have the connection. */
  const finish = (whole: boolean): void => {
    if (over) return;
    over = true;
    watch.end();
    pool.give(request.url.origin, connection, whole && persistent);
  };
  const body = read(bodyOf(connection, framing, request.url.host), request, watch, finish);
  return {
    status,
    headers,
    body,
    discard: () => {
      // A short answer is drained so that the connection can be used again.
      if (framing.kind === 'sized' && framing.length <= 65_536) void drain(body);
      else finish(false);
    },
  };
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of body);
  } catch (error) {
    if (!isUdockerError(error, 'NETWORK', 'INTERRUPTED')) throw error; // Nobody wants the rest of it.
  }
}

async function* read(
  pieces: AsyncGenerator<Uint8Array>,
  { url, doing }: HttpRequest,
  watch: Watch,
  finish: (whole: boolean) => void,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  let whole = false;
  try {
    watch.wait();
    for await (const piece of pieces) {
      watch.arrived();
      received += piece.length;
      yield piece;
      watch.wait();
    }
    whole = true;
  } catch (error) {
    const cut = watch.reason === undefined && faultOf(error, url.host).failure === 'cut';
    const fault = cut ? new HttpFault('cut', url.host, `after ${received} bytes`, error) : error;
    throw explain(watch.reason ?? fault, url, doing);
  } finally {
    finish(whole);
  }
}

function explain(error: unknown, url: URL, doing: string): UdockerError {
  return isUdockerError(error) ? error : networkError(doing, faultOf(error, url.host));
}
