/** What a login at a registry is: a user with a password, or a token that an earlier login brought. */

export type Credentials =
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      /** Where they come from, for messages. */
      readonly source: string;
    }
  /** A refresh token (Docker's `identitytoken`). */
  | { readonly kind: 'identity-token'; readonly token: string; readonly source: string }
  /** A finished bearer token (Docker's `registrytoken`). */
  | { readonly kind: 'registry-token'; readonly token: string; readonly source: string };

/** `Basic ...` for a user with a password; undefined for other credentials. */
export function basicHeader(credentials: Credentials | undefined): string | undefined {
  if (credentials?.kind !== 'password') return undefined;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

/** User and password of an `auth` value (base64 of `user:password`); undefined when it is none. */
export function decodeAuth(value: unknown): { username: string; password: string } | undefined {
  if (typeof value !== 'string') return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  return colon <= 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
