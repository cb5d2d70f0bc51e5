/**
 * Asks an index what images there are for a word. There is no standard for it: Docker Hub's own interface is tried,
 * then that of registries of the first version, which some (Quay) still have.
 */
import { UdockerError } from '../errors.ts';
import { readObject } from './body.ts';
import { isWebPage } from './failures.ts';
import { isSuccess, type Session } from './session.ts';
import type { Scope } from './token.ts';

export interface FoundImage {
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
}

/** The names that the two interfaces have for the same things. */
interface Dialect {
  readonly path: (word: string, page: number) => string;
  readonly name: string;
  readonly description: string;
}
const pageSize = 100;
const dialects: readonly Dialect[] = [
  {
    path: (word, page) => `/v2/search/repositories?query=${word}&page_size=${pageSize}&page=${page}`,
    name: 'repo_name',
    description: 'short_description',
  },
  {
    path: (word, page) => `/v1/search?q=${word}&n=${pageSize}&page=${page}`,
    name: 'name',
    description: 'description',
  },
];
/** Searching needs no rights that a token would give. */
const scope: Scope = { text: '' };

/**
 * Images that the index behind `session` finds for `word`, at most `limit`, as it orders them. Undefined when it
 * offers no search. Throws DENIED, NETWORK, INVALID.
 */
export async function searchIndex(
  session: Session,
  word: string,
  limit: number,
): Promise<FoundImage[] | undefined> {
  for (const dialect of dialects) {
    const found = await searchIn(session, dialect, word, limit);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function searchIn(
  session: Session,
  dialect: Dialect,
  word: string,
  limit: number,
): Promise<FoundImage[] | undefined> {
  const doing = `searching ${session.endpoint.name} for ${word}`;
  const found: FoundImage[] = [];
  for (let page = 1; found.length < limit; page += 1) {
    const path = dialect.path(encodeURIComponent(word), page);
    const subject = { kind: 'catalog' } as const;
    // Past the last page some answer 404.
    const absent = (status: number) => status === 404 || status === 405;
    const { response } = await session.get(
      { path, scope, subject, doing },
      (status) => isSuccess(status) || absent(status),
    );
    if (absent(response.status) || isWebPage(response)) {
      response.discard();
      return page === 1 ? undefined : found;
    }
    const results = resultsOf(await readObject(response, doing), dialect, doing);
    found.push(...results);
    if (results.length < pageSize) break;
  }
  return found.slice(0, limit);
}

function resultsOf(body: Readonly<Record<string, unknown>>, dialect: Dialect, doing: string): FoundImage[] {
  const { results } = body;
  if (!Array.isArray(results))
    throw new UdockerError('INVALID', `${doing}: the answer is not a list of images`);
  return results.flatMap((result: Readonly<Record<string, unknown>> | null): FoundImage[] => {
    const name = result?.[dialect.name];
    if (typeof name !== 'string' || result === null) return [];
    const description = result[dialect.description];
    return [
      {
        name,
        description: typeof description === 'string' ? description : '',
        stars: Number(result.star_count) || 0,
        official: result.is_official === true,
      },
    ];
  });
}
