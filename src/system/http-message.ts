/**
 * The heads of HTTP/1.1 messages: what a request looks like on the wire, and what the head of an answer says about
 * its body and its connection. Source: RFC 9112.
 */
import { UdockerError } from '../errors.ts';
import { HttpFault } from './http-failure.ts';

export interface ResponseHead {
  readonly status: number;
  /** All values of a header, in order; the name in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly framing: Framing;
  /** The connection can carry another exchange once the body has been read. */
  readonly persistent: boolean;
}

/** Where a body ends (RFC 9112, section 6.3). */
export type Framing =
  | { readonly kind: 'sized'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/**
 * The head of a request. Throws INVALID for a name or value that could end the line early: a token server must not be
 * able to write headers of its own. `doing` is for the words.
 */
export function requestHead(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  doing: string,
): string {
  const lines = Object.entries(headers).map(([name, value]) => {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new UdockerError(
        'INVALID',
        `${doing}: a header has characters that HTTP does not allow: ${name}`,
      );
    return `${name}: ${value}\r\n`;
  });
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/**
 * Reads the head of an answer to `method`; `text` is all of it without the empty line. Throws HttpFault `not-http`
 * where `host` sends something else, or contradicts itself about the length of its body.
 */
export function parseHead(text: string, method: string, host: string): ResponseHead {
  const [first = '', ...lines] = text.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const [, minor, digits] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first) ?? [];
  if (digits === undefined) throw malformed(host, 'its answer is not HTTP/1.1');
  const status = Number(digits);
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [, name, value = ''] = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw malformed(host, 'a header of its answer is malformed');
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), value]);
  }
  const framing = framingOf(status, method, headers, host);
  const closing = minor === '0' || words(headers, 'connection').includes('close');
  return { status, headers, framing, persistent: !closing && framing.kind !== 'until-close' };
}

function framingOf(
  status: number,
  method: string,
  headers: ReadonlyMap<string, readonly string[]>,
  host: string,
): Framing {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return { kind: 'sized', length: 0 };
  const codings = words(headers, 'transfer-encoding');
  if (codings.length > 0) {
    // We accept no others, so that nobody may use them.
    if (codings.join() !== 'chunked') throw malformed(host, `transfer coding ${codings.join(', ')}`);
    return { kind: 'chunked' };
  }
  const lengths = new Set(words(headers, 'content-length'));
  if (lengths.size === 0) return { kind: 'until-close' };
  const [length = ''] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length))
    throw malformed(host, 'the length of its answer is unclear');
  return { kind: 'sized', length: Number(length) };
}

/** The comma-separated words of all headers of that name, in lower case. */
function words(headers: ReadonlyMap<string, readonly string[]>, name: string): string[] {
  const values = headers.get(name) ?? [];
  return values.flatMap((value) => value.toLowerCase().split(',')).map((word) => word.trim());
}

/** The fault of a server whose bytes are not HTTP as we know it. */
export function malformed(host: string, reason: string): HttpFault {
  return new HttpFault('not-http', host, reason);
}
