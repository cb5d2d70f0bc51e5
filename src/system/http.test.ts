import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { type HostPath, hostPath, under } from '../paths.ts';
import { createHttpClient, type HttpOptions, type HttpResponse } from './http.ts';
import { proxyRules } from './http-proxy.ts';

let directory: HostPath;
let certificate: { key: string; cert: string };
let wrongName: { key: string; cert: string };
const open: (http.Server | net.Server)[] = [];

/** A self-signed certificate is its own authority. */
function makeCertificate(name: string, subject: string) {
  const [key, cert] = [`${directory}/${name}.key`, `${directory}/${name}.crt`];
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=lab', '-addext', `subjectAltName=${subject}`, '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

beforeAll(() => {
  directory = hostPath(mkdtempSync(`${tmpdir()}/udocker-http-`));
  certificate = makeCertificate('good', 'IP:127.0.0.1,DNS:localhost');
  wrongName = makeCertificate('other', 'DNS:other.example,IP:10.1.1.1');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  }
});

async function listen<T extends http.Server | net.Server>(server: T): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

function client(options: Partial<HttpOptions> = {}, proxy?: string) {
  return createHttpClient({
    proxies: proxyRules(proxy, {}),
    environment: {},
    userAgent: 'lab/1',
    ...options,
  });
}

const get = (url: string, options: Partial<HttpOptions> = {}, proxy?: string, signal?: AbortSignal) =>
  client(options, proxy).request({ url: new URL(url), doing: 'asking the lab', signal });

async function text(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  return error as { code: string; message: string; hint: string; details: { failure: string } } | undefined;
}

const echo: http.RequestListener = (request, response) => {
  response.setHeader('X-Twice', ['a', 'b']);
  response.end(`${request.method} ${request.url} ${request.headers.host} ${request.headers['user-agent']}`);
};

describe('plain', () => {
  test('status, all headers, body', async () => {
    const port = await listen(http.createServer(echo));
    const response = await get(`http://127.0.0.1:${port}/a?b=c`);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-twice')).toEqual(['a', 'b']);
    expect(await text(response)).toBe(`GET /a?b=c 127.0.0.1:${port} lab/1`);
  });

  test('one connection serves several requests, and a stale one is replaced', async () => {
    let connections = 0;
    const server = http.createServer(echo);
    server.on('connection', () => {
      connections += 1;
    });
    const port = await listen(server);
    const one = client();
    const ask = async () =>
      text(await one.request({ url: new URL(`http://127.0.0.1:${port}/`), doing: 'asking' }));
    await ask();
    await ask();
    expect(connections).toBe(1);
    server.closeAllConnections();
    await ask();
    expect(connections).toBe(2);
  });

  test('cut, silent, too slow altogether, stopped', async () => {
    const port = await listen(
      http.createServer((request, response) => {
        if (request.url === '/none') return;
        response.writeHead(200, { 'content-length': '100' });
        response.write('abc', () => {
          if (request.url === '/cut') response.socket?.destroy();
        });
        if (request.url === '/drip') setInterval(() => response.write('x'), 20).unref();
      }),
    );
    const at = (path: string) => `http://127.0.0.1:${port}${path}`;
    const whole = (path: string, options: Partial<HttpOptions>) => failure(get(at(path), options).then(text));
    expect(await whole('/cut', {})).toMatchObject({
      code: 'NETWORK',
      message: `asking the lab: the connection to 127.0.0.1:${port} was cut (after 3 bytes)`,
    });
    expect(await whole('/silent', { idleTimeoutMs: 100 })).toMatchObject({
      details: { failure: 'idle-timeout' },
    });
    expect(await whole('/none', { idleTimeoutMs: 100 })).toMatchObject({
      details: { failure: 'idle-timeout' },
    });
    expect(await whole('/drip', { idleTimeoutMs: 1000, totalTimeoutMs: 200 })).toMatchObject({
      message: `asking the lab: 127.0.0.1:${port} was not done after 0.2 s`,
    });
    for (const path of ['/none', '/silent']) {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 50);
      expect(await failure(get(at(path), {}, undefined, stop.signal).then(text))).toMatchObject({
        code: 'INTERRUPTED',
      });
    }
    expect(await failure(get(at('/none'), {}, undefined, AbortSignal.abort()))).toMatchObject({
      code: 'INTERRUPTED',
    });
  });

  test('a reader that takes its time is no timeout', async () => {
    const port = await listen(http.createServer((_, response) => response.end(Buffer.alloc(3_000_000))));
    const response = await get(`http://127.0.0.1:${port}/`, { idleTimeoutMs: 1000 });
    let size = 0;
    for await (const chunk of response.body) {
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, 2500));
      size += chunk.length;
    }
    expect(size).toBe(3_000_000);
  });

  test('a connection that is never accepted', async () => {
    // TEST-NET-1 (RFC 5737): nothing answers there; some networks refuse it at once.
    const error = await failure(get('http://192.0.2.1/', { connectTimeoutMs: 200 }));
    expect(['connect-timeout', 'unreachable', 'refused']).toContain(error?.details.failure ?? '');
  });
});

/** The authority of that file of the test's directory is trusted besides those of the host. */
const trusting = (name: string) => ({ environment: { NODE_EXTRA_CA_CERTS: under(directory, name) } });

describe('TLS', () => {
  const secure = (server = certificate) => listen(https.createServer(server, echo));
  const ca = () => under(directory, 'good.crt');

  test('an authority of our own, in addition or alone', async () => {
    const port = await secure();
    expect(await text(await get(`https://127.0.0.1:${port}/x`, trusting('good.crt')))).toStartWith('GET /x');
    expect((await get(`https://localhost:${port}/x`, { environment: { SSL_CERT_FILE: ca() } })).status).toBe(
      200,
    );
  });

  test("an unknown authority is refused although the host's bundle is large, unless insecure", async () => {
    const port = await secure();
    const error = await failure(get(`https://127.0.0.1:${port}/`));
    expect(error).toMatchObject({
      details: { failure: 'tls-untrusted' },
      hint: expect.stringContaining('--insecure'),
    });
    expect((await get(`https://127.0.0.1:${port}/`, { insecure: true })).status).toBe(200);
  });

  test('a certificate for another name is refused, name or address', async () => {
    const port = await secure(wrongName);
    for (const host of ['127.0.0.1', 'localhost']) {
      const error = await failure(get(`https://${host}:${port}/`, trusting('other.crt')));
      expect(error).toMatchObject({
        details: { failure: 'tls-wrong-name' },
        message: expect.stringMatching(/is for another name \(.*(?:10\.1\.1\.1|other\.example)/),
      });
    }
  });

  test('a server that does not speak TLS', async () => {
    const port = await listen(http.createServer(echo));
    expect(await failure(get(`https://127.0.0.1:${port}/`))).toMatchObject({
      details: { failure: 'not-tls' },
    });
  });

  test('a CA file that is missing or is none', async () => {
    const port = await secure();
    const url = `https://127.0.0.1:${port}/`;
    expect(await failure(get(url, trusting('none')))).toMatchObject({ code: 'STORAGE' });
    writeFileSync(under(directory, 'text'), 'hello');
    expect(await failure(get(url, trusting('text')))).toMatchObject({ code: 'INVALID' });
  });
});

describe('certs.d', () => {
  const mutual = () =>
    listen(
      https.createServer(
        { ...certificate, requestCert: true, ca: [readFileSync(under(directory, 'me.crt'))] },
        echo,
      ),
    );
  /** A home whose certs.d has these files for that host; `undefined` for none of its own. */
  const homeWith = (host: string, files: Record<string, string>) => {
    const home = mkdtempSync(`${directory}/home-`);
    const kept = `${home}/.config/containers/certs.d/${host}`;
    mkdirSync(kept, { recursive: true });
    for (const [name, from] of Object.entries(files)) copyFileSync(under(directory, from), `${kept}/${name}`);
    return { environment: { HOME: home } };
  };
  beforeAll(() => makeCertificate('me', 'DNS:me'));

  test('the authority of one host is not that of another', async () => {
    const [first, second] = [
      await listen(https.createServer(certificate, echo)),
      await listen(https.createServer(certificate, echo)),
    ];
    const home = homeWith(`127.0.0.1:${first}`, { 'ca.crt': 'good.crt' });
    expect((await get(`https://127.0.0.1:${first}/`, home)).status).toBe(200);
    expect(await failure(get(`https://127.0.0.1:${second}/`, home))).toMatchObject({
      details: { failure: 'tls-untrusted' },
      hint: expect.stringContaining('certs.d'),
    });
  });

  test('a client certificate is shown to the host it is for', async () => {
    const port = await mutual();
    const url = `https://127.0.0.1:${port}/`;
    const ca = { 'ca.crt': 'good.crt' };
    const home = homeWith(`127.0.0.1:${port}`, { ...ca, 'client.cert': 'me.crt', 'client.key': 'me.key' });
    expect((await get(url, home)).status).toBe(200);
    expect(await failure(get(url, homeWith(`127.0.0.1:${port}`, ca)))).toMatchObject({
      details: { failure: 'tls-failed' },
      hint: expect.stringContaining('client certificate'),
    });
  });

  test('half a client certificate, and one that is none', async () => {
    const port = await mutual();
    const half = homeWith(`127.0.0.1:${port}`, { 'client.cert': 'me.crt' });
    expect(await failure(get(`https://127.0.0.1:${port}/`, half))).toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('no client.key'),
    });
    const swapped = homeWith(`127.0.0.1:${port}`, { 'client.cert': 'me.key', 'client.key': 'me.crt' });
    expect(await failure(get(`https://127.0.0.1:${port}/`, swapped))).toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(`certificates kept for 127.0.0.1:${port}`),
    });
  });
});

describe('through an http proxy', () => {
  /** A proxy that notes what it is asked; `login` is what it demands. */
  async function proxy(seen: string[], login?: string, secure = false) {
    const serve: http.RequestListener = (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (login !== undefined && request.headers['proxy-authorization'] !== login) {
        response.writeHead(407).end();
        return;
      }
      const onward = http.get(request.url ?? '', { headers: { host: request.headers.host } }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.writeHead(502).end());
    };
    const server = secure ? https.createServer(certificate, serve) : http.createServer(serve);
    server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
      seen.push(`${request.method} ${request.url}`);
      if (login !== undefined && request.headers['proxy-authorization'] !== login) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      if (request.url?.endsWith(':1')) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      const [host, port] = request.url?.split(':') ?? [];
      const onward = net.connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\nX-Filler: yes\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    return `127.0.0.1:${await listen(server)}`;
  }
  const ca = () => trusting('good.crt');
  const login = `Basic ${Buffer.from('ann:p@ss').toString('base64')}`;

  test('http is asked for by URL, https tunnelled; also when the proxy itself is https', async () => {
    const plain = await listen(http.createServer(echo));
    const secure = await listen(https.createServer(certificate, echo));
    for (const scheme of ['http', 'https'] as const) {
      const seen: string[] = [];
      const address = `${scheme}://ann:p%40ss@${await proxy(seen, login, scheme === 'https')}`;
      expect(await text(await get(`http://127.0.0.1:${plain}/a`, ca(), address))).toContain('GET /a');
      expect(await text(await get(`https://127.0.0.1:${secure}/b`, ca(), address))).toContain('GET /b');
      expect(seen).toEqual([`GET http://127.0.0.1:${plain}/a`, `CONNECT 127.0.0.1:${secure}`]);
    }
  });

  test('the name in the certificate is still checked at the end of the tunnel', async () => {
    const secure = await listen(https.createServer(wrongName, echo));
    const address = `http://${await proxy([])}`;
    const error = await failure(get(`https://127.0.0.1:${secure}/`, trusting('other.crt'), address));
    expect(error).toMatchObject({ details: { failure: 'tls-wrong-name' } });
  });

  test('a wrong login, a refusal, a proxy that is not there: never blamed on the host', async () => {
    const address = await proxy([], login);
    for (const url of ['http://127.0.0.1:9/', 'https://127.0.0.1:9/']) {
      expect(await failure(get(url, {}, `http://${address}`))).toMatchObject({
        details: { failure: 'proxy-login', host: address },
        message: expect.stringContaining('none was given'),
      });
    }
    expect(await failure(get('https://127.0.0.1:1/', {}, `http://ann:p%40ss@${address}`))).toMatchObject({
      details: { failure: 'proxy-refused' },
      message: expect.stringContaining('it answered 403 Forbidden'),
    });
    for (const kind of ['http', 'https', 'socks5', 'socks4a']) {
      expect(await failure(get('https://127.0.0.1:9/', {}, `${kind}://127.0.0.1:1`))).toMatchObject({
        message: 'asking the lab: the proxy 127.0.0.1:1 cannot be reached (nothing listens there)',
      });
    }
    const silent = await listen(net.createServer(() => {}));
    const late = await failure(
      get('https://127.0.0.1:9/', { connectTimeoutMs: 150 }, `http://127.0.0.1:${silent}`),
    );
    expect(late).toMatchObject({ details: { failure: 'proxy-unreachable' } });
  });
});

describe('through a SOCKS4 proxy', () => {
  /** Speaks SOCKS4 and 4a, and notes user and destination as they were sent. */
  function socks4(seen: string[]): net.Server {
    return net.createServer((socket) => {
      socket.once('data', (data) => {
        const hello = Buffer.from(data as Buffer);
        const [user = '', name = ''] = hello.subarray(8).toString('latin1').split('\0');
        const address = [...hello.subarray(4, 8)].join('.');
        seen.push(`${user}@${address.startsWith('0.0.0.') ? name : address}`);
        const onward = net.connect(hello.readUInt16BE(2), '127.0.0.1', () => {
          socket.write(Buffer.from([0, 0x5a, 0, 0, 0, 0, 0, 0]));
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.end(Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0])));
      });
      socket.on('error', () => {});
    });
  }

  test('socks4 looks names up here, socks4a leaves it to the proxy', async () => {
    const port = await listen(http.createServer(echo));
    const seen: string[] = [];
    const address = `ann@127.0.0.1:${await listen(socks4(seen))}`;
    expect(await text(await get(`http://localhost:${port}/a`, {}, `socks4://${address}`))).toContain(
      'GET /a',
    );
    expect(await text(await get(`http://some.where:${port}/b`, {}, `socks4a://${address}`))).toContain(
      'GET /b',
    );
    expect(seen).toEqual(['ann@127.0.0.1', 'ann@some.where']);
    expect(await failure(get('http://127.0.0.1:1/', {}, `socks4://${address}`))).toMatchObject({
      details: { failure: 'proxy-refused' },
    });
  });
});
