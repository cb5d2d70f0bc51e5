/**
 * Asks a token server for a bearer token. Source: distribution's token.md (GET with Basic, or anonymous) and
 * oauth.md (POST with a refresh token, which Docker stores as "identitytoken").
 */
import { UdockerError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import type { HttpClient, HttpRequest } from '../system/http.ts';
import { readExcerpt, readObject } from './body.ts';
import type { Challenge } from './challenge.ts';
import { loginHint, serverError } from './failures.ts';
import { basicHeader, type Credentials } from './login.ts';
import { follow } from './redirect.ts';

export interface Token {
  readonly value: string;
  /** Our clock; a little before the server's own end, so that no request starts with a dying token. */
  readonly expiresAtMs: number;
  /** When the server gave one (login asks for it). */
  readonly refreshToken?: string;
}

export interface TokenOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** The registry as users name it. */
  readonly registry: string;
  readonly insecure: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What a request is about: the repository, if any, and the right it needs (`repository:NAME:pull`). */
export interface Scope {
  readonly repository?: string;
  readonly text: string;
}

/** The right to read from a repository. */
export function pullScope(repository: string): Scope {
  return { repository, text: `repository:${repository}:pull` };
}

const clientId = 'udocker';
/** What a token lives when the server does not say (token.md). */
const defaultLifeSeconds = 60;

/** Fetches a token for `scope`. Throws DENIED when refused, NETWORK, INVALID for an answer without a token. */
export async function fetchToken(
  challenge: Extract<Challenge, { kind: 'bearer' }>,
  scope: Scope,
  credentials: Credentials | undefined,
  origin: URL,
  options: TokenOptions,
): Promise<Token> {
  const realm = new URL(challenge.realm);
  const doing = `logging in to ${options.registry} at ${realm.host}`;
  const parameters = new URLSearchParams();
  if (challenge.service !== undefined) parameters.set('service', challenge.service);
  // Servers expect one parameter per scope; a challenge may name several, separated by blanks.
  for (const one of (challenge.scope ?? scope.text).split(' '))
    if (one !== '') parameters.append('scope', one);
  const request = tokenRequest(realm, parameters, credentials, doing, options.signal);
  const started = options.clock.now();
  const { response } = await follow(
    options.http,
    request,
    basicHeader(credentials),
    origin.protocol === 'http:' || options.insecure,
  );
  if (response.status === 400 || response.status === 401 || response.status === 403) {
    throw refused(doing, await readExcerpt(response), credentials, scope, options.registry);
  }
  if (response.status !== 200) throw await serverError(response, doing, realm.host, options.clock);
  return toToken(await readObject(response, doing), started, doing);
}

function tokenRequest(
  realm: URL,
  parameters: URLSearchParams,
  credentials: Credentials | undefined,
  doing: string,
  signal: AbortSignal | undefined,
): HttpRequest {
  if (credentials?.kind === 'identity-token') {
    const form = new URLSearchParams(parameters);
    form.set('grant_type', 'refresh_token');
    form.set('client_id', clientId);
    form.set('refresh_token', credentials.token);
    form.set('scope', parameters.getAll('scope').join(' '));
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, headers, body: form.toString(), doing, signal };
  }
  const url = new URL(realm);
  for (const [name, value] of parameters) url.searchParams.append(name, value);
  if (credentials?.kind === 'password') url.searchParams.set('account', credentials.username);
  return { url, doing, signal };
}

function toToken(answer: Readonly<Record<string, unknown>>, started: number, doing: string): Token {
  const value = [answer.token, answer.access_token].find((one) => typeof one === 'string' && one !== '');
  if (typeof value !== 'string') throw new UdockerError('INVALID', `${doing}: the answer holds no token`);
  const life =
    typeof answer.expires_in === 'number' && answer.expires_in > 0 ? answer.expires_in : defaultLifeSeconds;
  const margin = Math.min(10, life / 5);
  return {
    value,
    expiresAtMs: started + (life - margin) * 1000,
    ...(typeof answer.refresh_token === 'string' ? { refreshToken: answer.refresh_token } : {}),
  };
}

function refused(
  doing: string,
  text: string,
  credentials: Credentials | undefined,
  scope: Scope,
  registry: string,
): UdockerError {
  const what = scope.repository === undefined ? '' : `: ${scope.repository} is private or does not exist`;
  const who =
    credentials === undefined
      ? `it refuses anonymous users${what}`
      : credentials.kind === 'password'
        ? `the password of ${credentials.username} (${credentials.source}) was refused`
        : `the stored token (${credentials.source}) was refused`;
  return new UdockerError('DENIED', `${doing}: ${who}`, {
    hint: loginHint(registry),
    cause: text === '' ? undefined : text.slice(0, 500),
    details: { status: 401, credentials: credentials?.kind },
  });
}
