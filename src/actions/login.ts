/** Checks credentials with a registry and keeps them. */
import { UdockerError } from '../errors.ts';
import { setLogin } from '../registry/keystore.ts';
import type { ActionContext } from './context.ts';
import { requireNamedRepository } from './open-store.ts';
import { accessRegistry } from './registry-access.ts';

export interface LoginRequest {
  /** URL or `host[:port]`; undefined for the registry of images without a host. */
  readonly registry: string | undefined;
  readonly httpproxy: string | undefined;
  readonly username: string;
  readonly password: string;
}

/**
 * Asks the registry, and stores what it accepts. Where a registry serves everybody the credentials cannot be
 * checked: they are stored, with a warning. Returns which of the two it was. Throws DENIED (rejected), NOT_FOUND (no such
 * repository), NETWORK, INVALID, USAGE, STORAGE.
 */
export async function login(
  context: ActionContext,
  request: LoginRequest,
): Promise<'accepted' | 'unchecked'> {
  const { username, password } = request;
  requireNamedRepository(context); // keeps them
  warnOfCapsLock(context, password);
  const { registry, endpoint, close } = accessRegistry(context, undefined, request, context.signal);
  try {
    const source = 'the command line';
    const check = await registry.checkCredentials({ kind: 'password', username, password, source });
    if (check.kind === 'rejected') {
      throw new UdockerError('DENIED', `logging in to ${endpoint.name} as ${username}: ${check.reason}`, {
        hint: 'check the user name and the password; nothing was stored',
      });
    }
    if (check.kind === 'not-needed') {
      const message = `${endpoint.name} asks nobody to log in; the password could not be checked`;
      context.report({ kind: 'warning', message });
    }
    setLogin(context.config.layout.keystore, check.base.href, username, password);
    return check.kind === 'accepted' ? 'accepted' : 'unchecked';
  } finally {
    close();
  }
}

function warnOfCapsLock({ report }: ActionContext, password: string): void {
  const shouting = password === password.toUpperCase() && password !== password.toLowerCase();
  if (shouting) report({ kind: 'warning', message: 'password in uppercase: Caps Lock?' });
}
