/**
 * Tries a login against the registry itself, before it is stored. Source: distribution spec, "Endpoints" end-1
 * (`GET /v2/` answers 200 or 401 at every registry); token.md.
 */
import { isUdockerError, UdockerError } from '../errors.ts';
import type { header } from '../system/http.ts';
import { readExcerpt } from './body.ts';
import { isRegistry, isWebPage, notARegistry, refusal } from './failures.ts';
import type { Credentials } from './login.ts';
import { createSession, isSuccess, type SessionOptions } from './session.ts';

export type LoginCheck =
  | {
      readonly kind: 'accepted' /** Scheme included, as it answered: the key to store the login under. */;
      readonly base: URL;
    }
  | { readonly kind: 'rejected'; readonly reason: string; readonly base: URL }
  /** The registry serves everyone: whether the login is right cannot be seen. */
  | { readonly kind: 'not-needed'; readonly base: URL };

/**
 * Contacts the registry with `credentials` and without any stored ones. Throws NETWORK, and INVALID when there is
 * no registry at that address.
 */
export async function checkLogin(options: SessionOptions, credentials: Credentials): Promise<LoginCheck> {
  let asked = false;
  const session = createSession({
    ...options,
    credentials: async () => {
      asked = true;
      return credentials;
    },
  });
  const doing = `logging in to ${options.endpoint.name}`;
  const subject = { kind: 'registry' } as const;
  try {
    const { response, url } = await session.ask({ path: '/v2/', scope: { text: '' }, subject, doing });
    const base = session.base();
    if (isWebPage(response)) {
      response.discard();
      throw notARegistry(doing, url.host);
    }
    if (response.status === 401 || response.status === 403) {
      // A 401 without any challenge that we know was never answered with the credentials.
      if (!asked && !isRegistry(response)) throw await notOurs(response, doing, url);
      response.discard();
      return { kind: 'rejected', reason: `${options.endpoint.name} answered ${response.status}`, base };
    }
    if (!isSuccess(response.status)) {
      const context = {
        doing,
        registry: options.endpoint.name,
        subject,
        answeredBy: url,
        redirected: false,
        credentials,
        clock: options.clock,
      };
      throw await refusal(response, context);
    }
    const text = await readExcerpt(response);
    if (!asked && !isRegistry(response) && !/^\s*(?:\{[\s\S]*\}|true|"")?\s*$/.test(text))
      throw await notOurs(response, doing, url);
    return { kind: asked ? 'accepted' : 'not-needed', base };
  } catch (error) {
    if (!isUdockerError(error, 'DENIED') || error.details.credentials === undefined) throw error;
    return { kind: 'rejected', reason: error.message, base: session.base() };
  }
}

async function notOurs(
  response: Parameters<typeof header>[0] & { status: number },
  doing: string,
  url: URL,
): Promise<UdockerError> {
  return new UdockerError(
    'INVALID',
    `${doing}: ${url.host} is not a registry: it answered ${response.status} to /v2/`,
    {
      hint: 'check the host name; the address of a registry often differs from that of its web site',
      details: { status: response.status, host: url.host, notARegistry: true },
    },
  );
}
