/** Asks registries what images and tags they have. */
import { UdockerError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { isDockerHub, repositoryAt } from '../registry/endpoint.ts';
import type { FoundImage } from '../registry/search.ts';
import type { ActionContext } from './context.ts';
import { accessRegistry, type RegistryChoice } from './registry-access.ts';

export interface SearchRequest extends RegistryChoice {
  /** `[host[:port]/]word`; without a word everything, where a registry lists that. */
  readonly expression: string;
  /** At most so many. */
  readonly limit: number;
}

/** What is known of an image: a registry that only lists its images tells no more than names. */
export type SearchResult = Pick<FoundImage, 'name'> & Partial<FoundImage>;

/**
 * Images whose names, or where an index is asked, also descriptions, have the word in them. Throws UNSUPPORTED where
 * the registry neither searches nor lists, USAGE, DENIED, NETWORK, INVALID, INTERRUPTED.
 */
export async function searchImages(context: ActionContext, request: SearchRequest): Promise<SearchResult[]> {
  const { host, word } = splitExpression(request.expression);
  const { registry, endpoint, close } = accessRegistry(context, host, request, context.signal);
  const prefix = host === undefined || endpoint.name === 'docker.io' ? '' : `${host}/`;
  try {
    const found = word === '' ? undefined : await registry.search(word, request.limit);
    if (found !== undefined) return found.map((image) => ({ ...image, name: `${prefix}${image.name}` }));
    if (endpoint.name === 'docker.io') throw nothingAsked();
    const names = (await registry.catalog()).filter((name) => name.includes(word));
    return names.slice(0, request.limit).map((name) => ({ name: `${prefix}${name}` }));
  } finally {
    close();
  }
}

/** The tags of an image, as the registry orders them. Throws NOT_FOUND, USAGE, DENIED, NETWORK, INVALID, INTERRUPTED. */
export async function listImageTags(
  context: ActionContext,
  name: string,
  choice: RegistryChoice,
): Promise<string[]> {
  const reference = parseReference(name);
  const { registry, endpoint, close } = accessRegistry(context, reference.host, choice, context.signal);
  try {
    return await registry.tags(repositoryAt(endpoint, reference));
  } finally {
    close();
  }
}

function splitExpression(expression: string): { readonly host: string | undefined; readonly word: string } {
  const [, host, word = ''] = /^([^/]*[.:][^/]*|localhost)(?:\/(.*))?$/.exec(expression) ?? [];
  if (host === undefined) return { host: undefined, word: expression };
  return { host: isDockerHub(host) ? undefined : host, word };
}

function nothingAsked(): UdockerError {
  return new UdockerError('USAGE', 'search: Docker Hub lists no images without a word to look for', {
    hint: 'add a word, such as: udocker search busybox',
  });
}
