/**
 * The login handshake, for one registry. No ping: the first request goes out bare, and a 401 says what is wanted.
 *   1. WWW-Authenticate names Basic, or Bearer with the realm (a URL) of a token server.
 *   2. Basic: the stored user and password are sent with every request to this registry.
 *   3. Bearer: the token server gives a token for a scope, to users (Basic, or a refresh token) or to anyone.
 *   4. The token is used until it expires; then, or on the next 401, there is a new one.
 * Source: distribution spec (docs/spec/auth/token.md, oauth.md, scope.md).
 */
import { UdockerError } from '../errors.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { basicHeader, type Credentials } from './login.ts';
import { fetchToken, type Scope, type Token, type TokenOptions } from './token.ts';

export interface AuthorizationOptions extends TokenOptions {
  /** Looked up once per repository, and only when the registry asks. */
  readonly credentials: (repository: string | undefined) => Promise<Credentials | undefined>;
}

export interface Authorization {
  /** The Authorization header that is known to be needed; undefined while nothing was asked for. */
  current(scope: Scope): Promise<string | undefined>;
  /**
   * Answers a 401 to a request that carried `used`. Gives the header to try once more with; undefined when there
   * is nothing better. Throws DENIED when the token server refuses the credentials.
   */
  answer(
    headers: readonly string[],
    scope: Scope,
    used: string | undefined,
    origin: URL,
  ): Promise<string | undefined>;
  /** The credentials for a scope, for messages. */
  credentials(scope: Scope): Promise<Credentials | undefined>;
}

type Method =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly challenge: Bearer; readonly origin: URL };
type Bearer = Extract<Challenge, { kind: 'bearer' }>;

/** Starts with no knowledge of what the registry wants. */
export function createAuthorization(options: AuthorizationOptions): Authorization {
  const tokens = new Map<string, Promise<Token>>();
  const found = new Map<string | undefined, Promise<Credentials | undefined>>();
  let method: Method | undefined;

  const credentials = (scope: Scope) => {
    const known = found.get(scope.repository) ?? options.credentials(scope.repository);
    found.set(scope.repository, known);
    return known;
  };
  const basic = async (scope: Scope) => basicHeader(await credentials(scope));
  const bearer = async (scope: Scope, { challenge, origin }: Extract<Method, { kind: 'bearer' }>) => {
    const stored = await credentials(scope);
    if (stored?.kind === 'registry-token') return `Bearer ${stored.token}`;
    const key = scope.text;
    const known = tokens.get(key);
    const dead = known !== undefined && (await known).expiresAtMs <= options.clock.now();
    if (dead && tokens.get(key) === known) tokens.delete(key);
    // Several blobs ask at once; they share one request.
    const token = tokens.get(key) ?? fetchToken(challenge, scope, stored, origin, options);
    tokens.set(key, token);
    token.catch(() => tokens.delete(key));
    return header(await token);
  };
  const apply = (scope: Scope, chosen: Method) =>
    chosen.kind === 'basic' ? basic(scope) : bearer(scope, chosen);

  return {
    credentials,
    current: async (scope) => (method === undefined ? undefined : apply(scope, method)),
    answer: async (headers, scope, used, origin) => {
      const wanted = chooseMethod(parseChallenges(headers), origin, options);
      if (wanted === undefined) return undefined;
      method = wanted;
      const known = await tokens.get(scope.text);
      // The token we used is no longer good; another request may already have fetched its successor.
      if (known !== undefined && header(known) === used) tokens.delete(scope.text);
      const next = await apply(scope, wanted);
      return next === used ? undefined : next;
    },
  };
}

function header(token: Token): string {
  return `Bearer ${token.value}`;
}

/** Bearer before Basic: the password then goes to the token server only. */
function chooseMethod(
  challenges: readonly Challenge[],
  origin: URL,
  options: AuthorizationOptions,
): Method | undefined {
  const challenge = challenges.find((one): one is Bearer => one.kind === 'bearer');
  if (challenge === undefined) return challenges.length > 0 ? { kind: 'basic' } : undefined;
  const realm = URL.canParse(challenge.realm, origin.href) ? new URL(challenge.realm, origin) : undefined;
  if (realm === undefined || (realm.protocol !== 'https:' && realm.protocol !== 'http:')) {
    throw new UdockerError(
      'INVALID',
      `logging in to ${options.registry}: its token server is not a URL: ${challenge.realm}`,
    );
  }
  if (origin.protocol === 'https:' && realm.protocol === 'http:' && !options.insecure) {
    throw new UdockerError(
      'DENIED',
      `logging in to ${options.registry}: it wants the password sent in clear text to ${realm.host}`,
      { hint: 'tell the owner of the registry; if you trust the network in between, use --insecure' },
    );
  }
  return { kind: 'bearer', challenge: { ...challenge, realm: realm.href }, origin };
}
