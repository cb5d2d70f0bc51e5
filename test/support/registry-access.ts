/** Who may read from the test registry: Basic, or bearer tokens from a token server of its own. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export type Access =
  | { readonly kind: 'basic'; readonly users: Readonly<Record<string, string>> }
  | {
      readonly kind: 'token';
      readonly users: Readonly<Record<string, string>>;
      /** Refresh token to user. */
      readonly identityTokens?: Readonly<Record<string, string>>;
      /** Anyone gets a token; default false. */
      readonly anonymous?: boolean;
      /** How many requests a token is good for; default any number. */
      readonly uses?: number;
      /** What the server says of a token's life, in seconds; undefined to say nothing. */
      readonly expiresIn?: number;
      /** Repositories that anonymous users may not read although they get a token. */
      readonly privateRepositories?: readonly string[];
      /** The token field; some servers know only the OAuth2 name. */
      readonly field?: 'token' | 'access_token';
      /** Answers of the token server that go wrong first: statuses. */
      readonly failFirst?: readonly number[];
    };

export interface AccessControl {
  realm: string;
  /** The value of WWW-Authenticate when the request must not be served. */
  refuse(request: IncomingMessage, path: string): string | undefined;
  token(request: IncomingMessage, response: ServerResponse): void;
}

export function createAccessControl(access: Access): AccessControl {
  return access.kind === 'basic' ? basicControl(access) : tokenControl(access);
}

function basicControl({ users }: Extract<Access, { kind: 'basic' }>): AccessControl {
  return {
    realm: '',
    refuse: (request) => (userOf(request, users) === undefined ? 'Basic realm="lab"' : undefined),
    token: (_, response) => response.writeHead(404).end(),
  };
}

interface Issued {
  readonly user: string | undefined;
  readonly scopes: readonly string[];
  left: number;
}

function tokenControl(access: Extract<Access, { kind: 'token' }>): AccessControl {
  const issued = new Map<string, Issued>();
  const failures = [...(access.failFirst ?? [])];
  let count = 0;
  const control: AccessControl = {
    realm: '',
    refuse: (request, path) => {
      const scope = scopeOf(path);
      const challenge = `Negotiate, Bearer realm="${control.realm}",service="lab, \\"registry\\""${scope === '' ? '' : `,scope="${scope}"`}`;
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      const grant = issued.get(token ?? '');
      if (grant === undefined || grant.left <= 0) return challenge;
      grant.left -= 1;
      const repository = scope.split(':')[1] ?? '';
      const hidden = grant.user === undefined && access.privateRepositories?.includes(repository);
      if (hidden || (scope !== '' && !grant.scopes.includes(scope)))
        return `${challenge},error="insufficient_scope"`;
      return undefined;
    },
    token: (request, response) => {
      void readForm(request).then((form) => {
        const failure = failures.shift();
        if (failure !== undefined) return response.writeHead(failure, { 'retry-after': '7' }).end();
        const parameters = form ?? new URL(request.url ?? '', 'http://token').searchParams;
        const user = who(request, form, access);
        const refused =
          user === undefined &&
          (access.anonymous !== true || request.headers.authorization !== undefined || form);
        if (refused)
          return response
            .writeHead(401, { 'content-type': 'application/json' })
            .end('{"details":"incorrect username or password"}');
        count += 1;
        const token = `token-${count}`;
        issued.set(token, {
          user,
          scopes: parameters.getAll('scope'),
          left: access.uses ?? Number.POSITIVE_INFINITY,
        });
        const life = access.expiresIn === undefined ? {} : { expires_in: access.expiresIn };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ [access.field ?? 'token']: token, ...life }));
      });
    },
  };
  return control;
}

function scopeOf(path: string): string {
  if (path === '/v2/_catalog') return 'registry:catalog:*';
  const repository = /^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(path)?.[1];
  return repository === undefined ? '' : `repository:${repository}:pull`;
}

function who(
  request: IncomingMessage,
  form: URLSearchParams | undefined,
  access: Extract<Access, { kind: 'token' }>,
): string | undefined {
  if (form === undefined) return userOf(request, access.users);
  if (form.get('grant_type') !== 'refresh_token') return undefined;
  return access.identityTokens?.[form.get('refresh_token') ?? ''];
}

function userOf(request: IncomingMessage, users: Readonly<Record<string, string>>): string | undefined {
  const encoded = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const [, user = '', password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return password !== undefined && Object.hasOwn(users, user) && users[user] === password ? user : undefined;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  if (request.method !== 'POST') return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
