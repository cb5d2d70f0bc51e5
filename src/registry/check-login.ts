/**
 * Tries a login against the registry itself, before it is stored. Source: distribution spec, "Endpoints" end-1
 * (`GET /v2/` answers 200 or 401 at every registry); token.md.
 */
import { isUdockerError, UdockerError } from '../errors.ts';
import { readExcerpt } from './body.ts';
import { isRegistry, isWebPage, notARegistry, refusal, type Subject } from './failures.ts';
import type { Credentials } from './login.ts';
import type { Answer } from './redirect.ts';
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
  try {
    const answer = await session.ask({ path: '/v2/', scope: { text: '' }, subject, doing });
    const kind = await judge(answer, asked, doing, options);
    const base = session.base();
    if (kind !== 'rejected') return { kind, base };
    return { kind, reason: `${options.endpoint.name} answered ${answer.response.status}`, base };
  } catch (error) {
    // The token server refused these credentials.
    if (!isUdockerError(error, 'DENIED') || error.details.credentials === undefined) throw error;
    return { kind: 'rejected', reason: error.message, base: session.base() };
  }
}

const subject: Subject = { kind: 'registry' };

async function judge(
  { response, url }: Answer,
  asked: boolean,
  doing: string,
  options: SessionOptions,
): Promise<LoginCheck['kind']> {
  const { status } = response;
  if (isWebPage(response)) {
    response.discard();
    throw notARegistry(doing, url.host);
  }
  if (status === 401 || status === 403) {
    response.discard();
    // A 401 without any challenge that we know was never answered with the credentials.
    if (!asked && !isRegistry(response)) throw somethingElse(doing, url, status);
    return 'rejected';
  }
  if (!isSuccess(status)) {
    const { endpoint, clock } = options;
    const registry = endpoint.name;
    const facts = {
      doing,
      registry,
      subject,
      answeredBy: url,
      redirected: false,
      credentials: undefined,
      clock,
    };
    throw await refusal(response, facts);
  }
  const text = (await readExcerpt(response)).trim();
  // Registries answer with `{}` or nothing, some with `true`; other servers answer 200 to anything.
  const usual = /^(?:\{[\s\S]*\}|true|"")?$/.test(text);
  if (!asked && !isRegistry(response) && !usual) throw somethingElse(doing, url, status);
  return asked ? 'accepted' : 'not-needed';
}

function somethingElse(doing: string, url: URL, status: number): UdockerError {
  const message = `${doing}: ${url.host} is not a registry: it answered ${status} to /v2/`;
  return new UdockerError('INVALID', message, {
    hint: 'check the host name; the address of a registry often differs from that of its web site',
    details: { status, host: url.host, notARegistry: true },
  });
}
