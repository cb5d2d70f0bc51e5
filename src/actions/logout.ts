/** Forgets stored credentials. */
import { UdockerError } from '../errors.ts';
import { endpointFor } from '../registry/endpoint.ts';
import { deleteAllLogins, deleteLogin } from '../registry/keystore.ts';
import type { ActionContext } from './context.ts';

export type LogoutRequest =
  | { readonly kind: 'all' }
  /** URL or `host[:port]`; undefined for the registry of images without a host. */
  | { readonly kind: 'one'; readonly registry: string | undefined };

/** Throws NOT_FOUND when there was nothing for that registry, USAGE for a malformed one, STORAGE. */
export function logout(context: ActionContext, request: LogoutRequest): void {
  const { layout, network } = context.config;
  if (request.kind === 'all') {
    const some = deleteAllLogins(layout.keystore);
    if (!some) context.report({ kind: 'info', message: 'no credentials were stored' });
    return;
  }
  const { base, name } = endpointFor(undefined, {
    ...network,
    ...(request.registry === undefined ? {} : { registry: request.registry }),
  });
  if (deleteLogin(layout.keystore, base.href)) return;
  throw new UdockerError('NOT_FOUND', `logging out: no credentials are stored for ${name}`, {
    hint: 'name another registry with --registry=URL, or forget all with: udocker logout -a',
  });
}
