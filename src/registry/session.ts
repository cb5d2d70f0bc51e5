/**
 * All requests to one registry pass here: scheme (https, or plain http where that is allowed), login, redirects,
 * retries. What comes out is the registry's last word, whatever its status.
 */
import type { Clock } from '../system/clock.ts';
import type { HttpClient } from '../system/http.ts';
import { networkFailure } from '../system/http-failure.ts';
import { type Authorization, createAuthorization } from './authorization.ts';
import type { Endpoint } from './endpoint.ts';
import type { OnRegistryEvent } from './events.ts';
import { refusal, type Subject } from './failures.ts';
import type { Credentials } from './login.ts';
import { type Answer, follow } from './redirect.ts';
import { type RetryContext, type RetryPolicy, withRetries } from './retry.ts';
import type { Scope } from './token.ts';

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
  readonly insecure: boolean;
  readonly onEvent: OnRegistryEvent;
  readonly signal: AbortSignal | undefined;
}

export interface RegistryRequest {
  /** Below the registry's base, such as `/v2/`; may have a query. */
  readonly path: string;
  readonly scope: Scope;
  readonly subject: Subject;
  readonly headers?: Readonly<Record<string, string>>;
  /** `asking quay.io for ...`. */
  readonly doing: string;
}

export interface Session {
  readonly endpoint: Endpoint;
  /** For retries of the caller's own (a blob that is cut). */
  readonly retry: RetryContext;
  /** Sends the request; `accept` says which statuses are answers. Throws the error that every other status means. */
  get(request: RegistryRequest, accept: (status: number) => boolean): Promise<Answer>;
  /** The same, but every status is an answer. */
  ask(request: RegistryRequest): Promise<Answer>;
  /** The registry's address as it turned out to answer. */
  base(): URL;
}

/** Failures of https after which plain http may be tried: nothing there, or not TLS. Never a bad certificate. */
const notHttps: ReadonlySet<string> = new Set(['refused', 'not-tls', 'cut', 'connect-timeout', 'tls-failed']);

/** Makes a session; nothing is sent before the first request. */
export function createSession(options: SessionOptions): Session {
  const { endpoint, clock, onEvent, signal } = options;
  const authorization = createAuthorization({ ...options, registry: endpoint.name });
  const retry: RetryContext = { clock, policy: options.retry, onEvent, signal };
  const state: State = { base: endpoint.base, answered: false };
  const answered = () => state.answered;
  const ask = (request: RegistryRequest) =>
    withRetries(request.doing, retry, answered, () => attempt(request, state, authorization, options));
  return {
    endpoint,
    retry,
    ask,
    base: () => state.base,
    get: async (request, accept) => {
      const answer = await ask(request);
      if (accept(answer.response.status)) return answer;
      throw await refusal(answer.response, {
        doing: request.doing,
        registry: endpoint.name,
        subject: request.subject,
        answeredBy: answer.url,
        redirected: answer.url.origin !== state.base.origin,
        credentials: await authorization.credentials(request.scope),
        clock,
      });
    },
  };
}

interface State {
  base: URL;
  /** The registry has answered at least once: its scheme is known, and a refusal now may pass. */
  answered: boolean;
}

async function attempt(
  request: RegistryRequest,
  state: State,
  authorization: Authorization,
  options: SessionOptions,
): Promise<Answer> {
  const used = await authorization.current(request.scope);
  const first = await contact(request, used, state, options);
  const fromStorage = first.url.origin !== state.base.origin;
  if (first.response.status !== 401 || fromStorage) return first;
  const challenges = first.response.headers.get('www-authenticate') ?? [];
  const next = await authorization.answer(challenges, request.scope, used, state.base);
  if (next === undefined) return first;
  first.response.discard();
  return contact(request, next, state, options);
}

async function contact(
  request: RegistryRequest,
  authorization: string | undefined,
  state: State,
  options: SessionOptions,
): Promise<Answer> {
  try {
    const answer = await send(request, state.base, authorization, options);
    state.answered = true;
    return answer;
  } catch (error) {
    const reason = networkFailure(error);
    const again = options.endpoint.httpFallback && !state.answered && state.base.protocol === 'https:';
    if (!again || reason === undefined || !notHttps.has(reason)) throw error;
    return contactPlainly(request, authorization, state, options, error);
  }
}

/** Tries plain http; when that fails too, `reason`, the failure of https, is what the user wants to know. */
async function contactPlainly(
  request: RegistryRequest,
  authorization: string | undefined,
  state: State,
  options: SessionOptions,
  reason: unknown,
): Promise<Answer> {
  const plain = new URL(state.base);
  plain.protocol = 'http:';
  let answer: Answer;
  try {
    answer = await send(request, plain, authorization, options);
  } catch (error) {
    throw networkFailure(error) === undefined ? error : reason;
  }
  state.base = plain;
  state.answered = true;
  const words = networkFailure(reason) ?? 'unknown';
  options.onEvent({ kind: 'plain-http', host: plain.host, reason: words });
  return answer;
}

function send(
  request: RegistryRequest,
  base: URL,
  authorization: string | undefined,
  options: SessionOptions,
): Promise<Answer> {
  const url = new URL(base);
  const [path = '', query] = request.path.split('?', 2);
  url.pathname = `${base.pathname.replace(/\/$/, '')}${path}`;
  url.search = query ?? '';
  const { doing, headers = {} } = request;
  return follow(
    options.http,
    { url, doing, headers, signal: options.signal },
    authorization,
    options.insecure,
  );
}

/** Any 2xx. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
