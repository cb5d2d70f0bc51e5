/**
 * Lists of tags and of repositories, page by page. Source: distribution spec, "Listing tags" (Link, RFC 8288);
 * `_catalog` is docker-registry's own and absent elsewhere.
 */
import { UdockerError } from '../errors.ts';
import { readObject } from './body.ts';
import type { Subject } from './failures.ts';
import { isWebPage, notARegistry } from './failures.ts';
import { isSuccess, type Session } from './session.ts';
import { pullScope, type Scope } from './token.ts';

const maximumPages = 10_000;

/** All tags of a repository, as the registry orders them. Throws NOT_FOUND, DENIED, NETWORK, INVALID. */
export function listTags(session: Session, repository: string): Promise<string[]> {
  const doing = `asking ${session.endpoint.name} for the tags of ${repository}`;
  const subject: Subject = { kind: 'tags', repository };
  return pages(session, `/v2/${repository}/tags/list`, 'tags', doing, pullScope(repository), subject);
}

/** All repositories of a registry. Throws UNSUPPORTED when it does not list them, otherwise as `listTags`. */
export function listRepositories(session: Session): Promise<string[]> {
  const doing = `asking ${session.endpoint.name} for its images`;
  const scope = { text: 'registry:catalog:*' };
  return pages(session, '/v2/_catalog', 'repositories', doing, scope, { kind: 'catalog' });
}

async function pages(
  session: Session,
  firstPath: string,
  field: 'tags' | 'repositories',
  doing: string,
  scope: Scope,
  subject: Subject,
): Promise<string[]> {
  const items: string[] = [];
  const seen = new Set<string>();
  let path: string | undefined = firstPath;
  while (path !== undefined) {
    if (seen.has(path) || seen.size >= maximumPages) {
      throw new UdockerError('INVALID', `${doing}: its pages never end`);
    }
    seen.add(path);
    const { response, url } = await session.get({ path, scope, subject, doing }, isSuccess);
    if (isWebPage(response)) {
      response.discard();
      throw notARegistry(doing, url.host);
    }
    const links = response.headers.get('link') ?? [];
    items.push(...strings((await readObject(response, doing))[field], doing));
    path = nextPath(links, url, session.base(), doing);
  }
  return items;
}

/** The path of the next page below the registry's base; undefined on the last one. */
function nextPath(links: readonly string[], from: URL, base: URL, doing: string): string | undefined {
  const target = links
    .flatMap((text) => [...text.matchAll(/<([^>]*)>((?:\s*;[^,]*)?)/g)])
    .find(([, , parameters = '']) => /;\s*rel\s*=\s*"?next"?/i.test(parameters))?.[1];
  if (target === undefined) return undefined;
  const url = URL.canParse(target, from.href) ? new URL(target, from) : undefined;
  const root = base.pathname.replace(/\/$/, '');
  // Registries behind a proxy write their inner host or scheme; only the path is followed, at the same registry.
  const at = url?.pathname.indexOf('/v2/') ?? -1;
  if (url === undefined || at < 0)
    throw new UdockerError('INVALID', `${doing}: the link to the next page is malformed`);
  const path = url.pathname.startsWith(`${root}/v2/`)
    ? url.pathname.slice(root.length)
    : url.pathname.slice(at);
  return `${path}${url.search}`;
}

/** Registries write null for an empty list. */
function strings(value: unknown, doing: string): string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new UdockerError('INVALID', `${doing}: the answer is not a list of names`);
}
