/** What servers may send, byte by byte: every framing, in whole and in single bytes, and everything malformed. */
import { afterEach, expect, test } from 'bun:test';
import * as net from 'node:net';
import { isUdockerError } from '../errors.ts';
import { createHttpClient, type HttpClient, type HttpRequest } from './http.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

interface Script {
  /** What is sent for each request, in order; the last one again and again. */
  readonly answers: readonly string[];
  /** Byte by byte. */
  readonly slowly?: boolean;
  /** The connection ends after each answer. */
  readonly close?: boolean;
}

/** A server that answers as `script` says, and notes each connection and what it was asked. */
async function serve({ answers, slowly = false, close = false }: Script) {
  const seen: { connection: number; request: string }[] = [];
  let connections = 0;
  let next = 0;
  const server = net.createServer((socket) => {
    const connection = ++connections;
    socket.on('error', () => {});
    socket.on('data', async (data) => {
      seen.push({ connection, request: String(data) });
      const answer = answers[Math.min(next++, answers.length - 1)] ?? '';
      for (const piece of slowly ? answer : [answer]) {
        socket.write(Buffer.from(piece, 'latin1'));
        if (slowly) await new Promise((resolve) => setImmediate(resolve));
      }
      if (close) socket.end();
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}/x`);
  return { url, seen };
}

function client(): HttpClient {
  const made = createHttpClient({
    proxies: { bypass: [], explicit: false },
    environment: {},
    userAgent: 'lab/1',
    idleTimeoutMs: 2000,
  });
  open.push(made);
  return made;
}

async function ask(from: HttpClient, url: URL, more: Partial<HttpRequest> = {}) {
  const response = await from.request({ url, doing: 'asking the lab', ...more });
  const pieces: Uint8Array[] = [];
  for await (const piece of response.body) pieces.push(piece.slice());
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.concat(pieces).toString('latin1'),
  };
}

async function failureOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isUdockerError(error)) throw error ?? new Error('it did not fail');
  return { failure: error.details.failure, message: error.message };
}

const framings: readonly (readonly [what: string, answer: string, body: string])[] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
  [
    'the same length twice',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\nhello',
    'hello',
  ],
  ['nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', ''],
  [
    'chunks, with an extension and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nhel\r\n00002 \r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n',
    'hello',
  ],
  [
    'chunks, which count more than a length',
    'HTTP/1.1 200 OK\r\ncontent-length: 99\r\ntransfer-encoding: chunked\r\n\r\nB\r\n\r\n\r\n\r\n\r\n\r\nx\r\n0\r\n\r\n',
    '\r\n\r\n\r\n\r\n\r\nx',
  ],
  [
    'interim answers',
    'HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    'hello',
  ],
  ['no body by status', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ['no words after the status', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
];

for (const slowly of [false, true]) {
  test.each(framings)(`a body that ends by %s${slowly ? ', byte by byte' : ''}`, async (_, answer, body) => {
    const { url, seen } = await serve({ answers: [answer], slowly });
    const one = client();
    expect((await ask(one, url)).body).toBe(body);
    expect((await ask(one, url)).body).toBe(body);
    // The connection stood behind the body, and was used again.
    expect(seen.map(({ connection }) => connection)).toEqual([1, 1]);
  });
}

test('headers keep their order and bytes', async () => {
  const { url } = await serve({
    answers: ['HTTP/1.1 200 OK\r\nX-A:  one \r\nx-b:\r\nX-a: tw\xf6, three\r\nContent-Length: 0\r\n\r\n'],
  });
  const { headers } = await ask(client(), url);
  expect([...headers]).toEqual([
    ['x-a', ['one', 'tw\xf6, three']],
    ['x-b', ['']],
    ['content-length', ['0']],
  ]);
});

test('a body without a length ends with the connection', async () => {
  for (const version of ['1.0', '1.1']) {
    const { url } = await serve({ answers: [`HTTP/${version} 200 OK\r\n\r\nhello`], close: true });
    expect((await ask(client(), url)).body).toBe('hello');
  }
});

test('the answer to HEAD has no body, whatever its length', async () => {
  const { url, seen } = await serve({ answers: ['HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'] });
  const one = client();
  for (const _ of [1, 2])
    expect((await ask(one, url, { method: 'HEAD' })).headers.get('content-length')).toEqual(['1000']);
  expect(seen.map(({ connection }) => connection)).toEqual([1, 1]);
});

test('a request with a body says how long it is, in bytes', async () => {
  const { url, seen } = await serve({ answers: ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'] });
  await ask(client(), url, { method: 'POST', body: 'söme=thing', headers: { 'content-type': 'text/plain' } });
  expect(seen[0]?.request).toMatch(/^POST \/x HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\n/);
  expect(seen[0]?.request).toEndWith('content-length: 11\r\ncontent-type: text/plain\r\n\r\nsöme=thing');
});

test.each([
  ['closes', 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok'],
  ['is of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ['sends more than it said', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n'],
])('a connection is not used again when the server %s', async (_, answer) => {
  const { url, seen } = await serve({ answers: [answer] });
  const one = client();
  for (const _ of [1, 2]) expect((await ask(one, url)).body).toBe('ok');
  expect(seen.map(({ connection }) => connection)).toEqual([1, 2]);
});

test('nor when the reader leaves early; a short answer that nobody reads is no loss', async () => {
  const answer = (length: number) =>
    `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;
  const { url, seen } = await serve({
    answers: [answer(100_000), answer(100), answer(100_000), answer(100)],
  });
  const one = client();
  const request = { url, doing: 'asking the lab' };
  for await (const _ of (await one.request(request)).body) break;
  const short = await one.request(request);
  short.discard();
  await Bun.sleep(20);
  const long = await one.request(request);
  long.discard();
  await ask(one, url);
  // A late word about an exchange that is over does not reach the connection's next user.
  short.discard();
  long.discard();
  await ask(one, url);
  expect(seen.map(({ connection }) => connection)).toEqual([1, 2, 2, 3, 3]);
});

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\nxx'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello'],
  ['a coding nobody asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
  ['a chunk without a length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n'],
  [
    'a chunk longer than it says',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n',
  ],
  ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`],
  [
    'trailers without an end',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(5000)}`,
  ],
])('%s is not HTTP', async (_, answer) => {
  const { url } = await serve({ answers: [answer] });
  expect(await failureOf(ask(client(), url))).toMatchObject({ failure: 'not-http' });
});

test.each([
  ['in the head', 'HTTP/1.1 200 OK\r\nConte', 'ended'],
  ['in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'after 5 bytes'],
  ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', 'after 3 bytes'],
  ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'after 5 bytes'],
])('a connection that ends %s is cut', async (_, answer, words) => {
  const { url } = await serve({ answers: [answer], close: true });
  const { failure, message } = await failureOf(ask(client(), url));
  expect(failure).toBe('cut');
  expect(message).toContain(words);
});

test('a header cannot be used to write further ones', async () => {
  const { url, seen } = await serve({ answers: ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'] });
  for (const headers of [{ authorization: 'Bearer x\r\nX-Evil: 1' }, { 'x\r\ny': 'z' }])
    await expect(ask(client(), url, { headers })).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('does not allow'),
    });
  expect(seen).toEqual([]);
});
