/**
 * Makes one connection to where a URL points: TCP, then the proxy's handshake if there is one, then TLS if the
 * URL is https. Each stage fails with its own fault, so that "the proxy is down" never reads "the host is down".
 */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { faultOf, HttpFault, type NetworkFailure } from './http-failure.ts';
import { bare, type ProxyServer, portOf, proxyAuthority } from './http-proxy.ts';

export interface ConnectOptions {
  /** Undefined: directly. */
  readonly proxy: ProxyServer | undefined;
  /** TLS settings for `host` or `host:port`. */
  readonly context: (authority: string) => tls.SecureContext;
  readonly insecure: boolean;
  /** For everything up to the finished TLS handshake. */
  readonly timeoutMs: number;
}

/** Bytes the runtime may hold per connection before it stops reading; larger pieces cost less per byte. */
const highWaterMark = 1 << 20;

/** Connects; the socket is ready for the request to `url`. Throws HttpFault, and what `context` throws. */
export async function connect(url: URL, options: ConnectOptions): Promise<net.Socket> {
  // First of all, so that a CA file that cannot be read is not taken for a failure of the connection.
  if (url.protocol === 'https:') options.context(url.host);
  if (options.proxy?.kind === 'https') options.context(proxyAuthority(options.proxy));
  const open: net.Socket[] = [];
  const host = bare(url.hostname);
  let expire: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    const whom = options.proxy === undefined ? url.host : proxyAuthority(options.proxy);
    const failure: NetworkFailure = options.proxy === undefined ? 'connect-timeout' : 'proxy-unreachable';
    const words = `${options.timeoutMs / 1000} s`;
    const reason = failure === 'connect-timeout' ? words : `no connection within ${words}`;
    expire = setTimeout(() => reject(new HttpFault(failure, whom, reason)), options.timeoutMs);
  });
  try {
    const track = (socket: net.Socket) => {
      open.push(socket);
      return socket;
    };
    return await Promise.race([establish(url, host, options, track), expired]);
  } catch (error) {
    for (const socket of open) socket.destroy();
    throw faultOf(error, url.host);
  } finally {
    clearTimeout(expire);
  }
}

type Track = (socket: net.Socket) => net.Socket;

async function establish(url: URL, host: string, options: ConnectOptions, track: Track): Promise<net.Socket> {
  const carrier = await carry(url, host, options, track);
  if (url.protocol !== 'https:') return carrier;
  return secure(carrier, host, options.context(url.host), options, track).catch((error: unknown) => {
    throw faultOf(error, url.host);
  });
}

/** A connection that carries bytes to the URL's host; for plain http over an http proxy, to the proxy itself. */
async function carry(url: URL, host: string, options: ConnectOptions, track: Track): Promise<net.Socket> {
  const { proxy } = options;
  if (proxy === undefined) return dial(host, portOf(url), track);
  const authority = proxyAuthority(proxy);
  const socket = await reachProxy(proxy, options, track).catch((error: unknown) => {
    const fault = faultOf(error, authority);
    throw new HttpFault('proxy-unreachable', authority, words(fault), error);
  });
  if (proxy.kind !== 'http' && proxy.kind !== 'https') {
    const { socksHandshake } = await import('./http-socks.ts');
    return socksHandshake(socket, proxy, host, portOf(url));
  }
  if (url.protocol !== 'https:') return socket;
  const { tunnel } = await import('./http-tunnel.ts');
  return tunnel(socket, proxy, host, portOf(url));
}

async function reachProxy(proxy: ProxyServer, options: ConnectOptions, track: Track): Promise<net.Socket> {
  const socket = await dial(proxy.host, proxy.port, track);
  if (proxy.kind !== 'https') return socket;
  return secure(socket, proxy.host, options.context(proxyAuthority(proxy)), options, track);
}

function dial(host: string, port: number, track: Track): Promise<net.Socket> {
  const socket = track(net.connect({ host, port, highWaterMark } as net.NetConnectOpts));
  socket.setNoDelay(true);
  return settled(socket, 'connect');
}

/** TLS over an open connection. The name is checked against `host`, also when that is an address. */
function secure(
  carrier: net.Socket,
  host: string,
  secureContext: tls.SecureContext,
  options: ConnectOptions,
  track: Track,
): Promise<net.Socket> {
  const socket = tls.connect({
    socket: carrier,
    secureContext,
    rejectUnauthorized: !options.insecure,
    // An address is no server name (RFC 6066, section 3).
    ...(net.isIP(host) === 0 ? { servername: host } : { host }),
    checkServerIdentity: (_, certificate) => tls.checkServerIdentity(host, certificate),
  });
  return settled(track(socket), 'secureConnect');
}

function settled(socket: net.Socket, ready: 'connect' | 'secureConnect'): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const onClose = () =>
      reject(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' }));
    socket.once('error', reject);
    socket.once('close', onClose);
    socket.once(ready, () => {
      socket.off('error', reject);
      socket.off('close', onClose);
      resolve(socket);
    });
  });
}

const shortWords: Partial<Record<NetworkFailure, string>> = {
  'name-not-found': 'no host has that name',
  'name-service-down': 'its name could not be looked up',
  refused: 'nothing listens there',
  'not-tls': 'it does not speak TLS',
};
function words(fault: HttpFault): string {
  return shortWords[fault.failure] ?? fault.message;
}
