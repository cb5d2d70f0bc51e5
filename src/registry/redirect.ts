/**
 * Follows redirects. Registries send blobs away to storage hosts, often with a signed URL: credentials stay with
 * the origin (scheme, host, port) they are for, and nothing goes from https to plain http unless that is allowed.
 */
import { UdockerError } from '../errors.ts';
import { type HttpClient, type HttpRequest, type HttpResponse, header } from '../system/http.ts';

export interface Answer {
  readonly response: HttpResponse;
  /** Who answered in the end. */
  readonly url: URL;
}

const maximumHops = 10;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a GET and follows where it leads. `authorization` goes to the first origin only. Throws NETWORK,
 * INTERRUPTED, and INVALID for a redirect that cannot or must not be followed.
 */
export async function follow(
  http: HttpClient,
  request: HttpRequest,
  authorization: string | undefined,
  insecure: boolean,
): Promise<Answer> {
  let url = request.url;
  let safe = authorization;
  for (let hop = 0; hop <= maximumHops; hop += 1) {
    const headers = { ...request.headers, ...(safe === undefined ? {} : { authorization: safe }) };
    const response = await http.request({ ...request, url, headers });
    if (!redirects.has(response.status)) return { response, url };
    response.discard();
    const next = destination(response, url, request.doing, insecure);
    // Once gone elsewhere, credentials stay away, even if a later hop leads back.
    if (next.origin !== url.origin) safe = undefined;
    url = next;
  }
  throw new UdockerError(
    'INVALID',
    `${request.doing}: ${request.url.host} redirects more than ${maximumHops} times`,
  );
}

function destination(response: HttpResponse, from: URL, doing: string, insecure: boolean): URL {
  const location = header(response, 'location');
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw new UdockerError(
      'INVALID',
      `${doing}: ${from.host} redirects to nowhere (status ${response.status})`,
    );
  }
  const next = new URL(location, from);
  if (next.protocol !== 'https:' && next.protocol !== 'http:') {
    throw new UdockerError(
      'INVALID',
      `${doing}: ${from.host} redirects to ${next.protocol}, which is not HTTP`,
    );
  }
  if (from.protocol === 'https:' && next.protocol === 'http:' && !insecure) {
    throw new UdockerError(
      'INVALID',
      `${doing}: ${from.host} redirects from https to plain http at ${next.host}`,
      {
        hint: 'if you trust the network in between, use --insecure',
      },
    );
  }
  return next;
}
