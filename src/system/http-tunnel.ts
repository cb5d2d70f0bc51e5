/** The CONNECT handshake with an http(s) proxy (RFC 9110, section 9.3.6), over a socket that is already open. */
import type { Socket } from 'node:net';
import { HttpFault } from './http-failure.ts';
import { type ProxyServer, proxyAuthority } from './http-proxy.ts';

const maximumHead = 16384;

/** Asks the proxy for a tunnel to `host`:`port`; the same socket then carries it. Throws HttpFault. */
export async function tunnel(
  socket: Socket,
  proxy: ProxyServer,
  host: string,
  port: number,
): Promise<Socket> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...loginLine(proxy)];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const head = await readHead(socket, proxyAuthority(proxy));
  checkAnswer(head, proxy);
  return socket;
}

/** The value of Proxy-Authorization; undefined when the proxy needs no login. */
export function proxyLogin(proxy: ProxyServer): string | undefined {
  if (proxy.username === undefined) return undefined;
  return `Basic ${Buffer.from(`${proxy.username}:${proxy.password ?? ''}`).toString('base64')}`;
}

/** The fault for a proxy that wants a login (status 407). */
export function proxyLoginFault(proxy: ProxyServer): HttpFault {
  const reason = proxy.username === undefined ? 'none was given' : `user ${proxy.username} was not accepted`;
  return new HttpFault('proxy-login', proxyAuthority(proxy), reason);
}

function loginLine(proxy: ProxyServer): string[] {
  const login = proxyLogin(proxy);
  return login === undefined ? [] : [`Proxy-Authorization: ${login}`];
}

function readHead(socket: Socket, authority: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const finish = (settle: () => void) => {
      socket.off('data', onData).off('error', onEnd).off('close', onEnd);
      socket.pause();
      settle();
    };
    const onEnd = () => {
      finish(() => reject(new HttpFault('proxy-refused', authority, 'it closed the connection')));
    };
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 && head.length < maximumHead) return;
      if (end < 0)
        return finish(() => reject(new HttpFault('proxy-refused', authority, 'its answer is not HTTP')));
      finish(() => {
        if (head.length > end + 4) socket.unshift(head.subarray(end + 4));
        resolve(head.subarray(0, end).toString('latin1'));
      });
    };
    socket.on('data', onData).on('error', onEnd).on('close', onEnd);
  });
}

function checkAnswer(head: string, proxy: ProxyServer): void {
  const [, status, words] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?/.exec(head) ?? [];
  if (status?.startsWith('2')) return;
  // tinyproxy says 401 for a wrong login, 407 only when there is none.
  if (status === '407' || status === '401') throw proxyLoginFault(proxy);
  const reason =
    status === undefined ? 'its answer is not HTTP' : `it answered ${status} ${words ?? ''}`.trim();
  throw new HttpFault('proxy-refused', proxyAuthority(proxy), reason);
}
