/** Bodies on their way in, in the framings of HTTP/1.1. A body that ends too early is an error of the connection. */
import type { Connection } from './http-connection.ts';
import { type Framing, malformed } from './http-message.ts';

/** A line of the chunked coding, and all trailers together, are shorter than this in any honest answer. */
const longestLine = 16_384;

/**
 * The bytes of a body. When the generator is done, the connection stands behind the body. Throws what ended the
 * connection; ECONNRESET when it ended before the body; HttpFault `not-http` for malformed chunks from `host`.
 */
export function bodyOf(connection: Connection, framing: Framing, host: string): AsyncGenerator<Uint8Array> {
  switch (framing.kind) {
    case 'sized':
      return sized(connection, framing.length);
    case 'chunked':
      return chunked(connection, host);
    case 'until-close':
      return untilClose(connection);
  }
}

async function* sized(connection: Connection, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0; ) {
    const piece = await required(connection);
    if (piece.length > left) connection.unread(piece.subarray(left));
    const mine = piece.length > left ? piece.subarray(0, left) : piece;
    left -= mine.length;
    yield mine;
  }
}

async function* untilClose(connection: Connection): AsyncGenerator<Uint8Array> {
  for (let piece = await connection.next(); piece !== undefined; piece = await connection.next()) yield piece;
}

/** RFC 9112, section 7.1; extensions and trailers are read over. */
async function* chunked(connection: Connection, host: string): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = await readLine(connection, host);
    const [, digits] = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
    if (digits === undefined) throw malformed(host, 'a chunk of its answer is malformed');
    const length = Number.parseInt(digits, 16);
    if (length === 0) break;
    yield* sized(connection, length);
    if ((await readLine(connection, host)) !== '') throw malformed(host, 'a chunk of its answer is too long');
  }
  for (let trailers = 0; ; ) {
    const line = await readLine(connection, host);
    if (line === '') return;
    trailers += line.length;
    if (trailers > longestLine) throw malformed(host, 'its trailers do not end');
  }
}

/** Up to the next CR LF, without it. */
async function readLine(connection: Connection, host: string): Promise<string> {
  return (
    (await readUntil(connection, '\r\n', longestLine)) ?? fail(host, 'a line of its answer does not end')
  );
}

/**
 * The text before `end`, which is read too; undefined when there are more than `limit` bytes without it. `check` sees
 * what has come so far. Throws what ended the connection, ECONNRESET for an early end.
 */
export async function readUntil(
  connection: Connection,
  end: string,
  limit: number,
  check?: (start: Uint8Array) => void,
): Promise<string | undefined> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const at = bytes.indexOf(end, 0, 'latin1');
    if (at >= 0 && at <= limit) {
      connection.unread(bytes.subarray(at + end.length));
      return bytes.toString('latin1', 0, at);
    }
    if (bytes.length > limit) return undefined;
    const piece = await required(connection);
    bytes =
      bytes.length === 0
        ? Buffer.from(piece.buffer, piece.byteOffset, piece.length)
        : Buffer.concat([bytes, piece]);
    check?.(bytes);
  }
}

async function required(connection: Connection): Promise<Uint8Array> {
  const piece = await connection.next();
  if (piece !== undefined) return piece;
  throw Object.assign(new Error('it ended too early'), { code: 'ECONNRESET' });
}

function fail(host: string, reason: string): never {
  throw malformed(host, reason);
}
