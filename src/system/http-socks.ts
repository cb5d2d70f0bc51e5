/**
 * The SOCKS handshake, over a socket that is already open. As in curl, `socks4` and `socks5` look the name up
 * here, `socks4a` and `socks5h` leave that to the proxy.
 */
import { promises as dns } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import { SocksClient } from 'socks';
import { HttpFault } from './http-failure.ts';
import { type ProxyServer, proxyAuthority } from './http-proxy.ts';

/** Asks the SOCKS proxy for a connection to `host`:`port`. Throws HttpFault. */
export async function socksHandshake(
  socket: Socket,
  proxy: ProxyServer,
  host: string,
  port: number,
): Promise<Socket> {
  const four = proxy.kind === 'socks4' || proxy.kind === 'socks4a';
  const remote = proxy.kind === 'socks4a' || proxy.kind === 'socks5h';
  const destination = { host: remote ? host : await lookUp(host, four), port };
  try {
    const result = await SocksClient.createConnection({
      proxy: {
        host: proxy.host,
        port: proxy.port,
        type: four ? 4 : 5,
        ...(proxy.username === undefined ? {} : { userId: proxy.username, password: proxy.password ?? '' }),
      },
      command: 'connect',
      destination,
      existing_socket: socket,
    });
    return result.socket;
  } catch (cause) {
    throw refusal(cause, proxy);
  }
}

async function lookUp(host: string, four: boolean): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await dns.lookup(host, four ? { family: 4 } : {})).address;
  } catch (cause) {
    throw new HttpFault('name-not-found', host, 'looked up here, before asking the SOCKS proxy', cause);
  }
}

function refusal(cause: unknown, proxy: ProxyServer): HttpFault {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const login = /auth/i.test(reason);
  return new HttpFault(login ? 'proxy-login' : 'proxy-refused', proxyAuthority(proxy), reason, cause);
}
