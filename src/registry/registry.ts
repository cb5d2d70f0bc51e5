/**
 * One registry, opened: what the verbs see of this room. Everything below it (session, login, retries) is made
 * here from plain values.
 */
import type { BlobSource } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import type { HttpClient } from '../system/http.ts';
import { registryBlobs } from './blobs.ts';
import { checkLogin, type LoginCheck } from './check-login.ts';
import type { Endpoint } from './endpoint.ts';
import type { OnRegistryEvent } from './events.ts';
import { listRepositories, listTags } from './listing.ts';
import type { Credentials } from './login.ts';
import { type FetchedDocument, fetchDocument } from './manifest.ts';
import { type ImageRequest, type ResolvedImage, resolveImage } from './resolve.ts';
import { defaultRetryPolicy, type RetryPolicy } from './retry.ts';
import { type FoundImage, searchIndex } from './search.ts';
import { createSession, type SessionOptions } from './session.ts';

export interface RegistryOptions {
  readonly endpoint: Endpoint;
  readonly http: HttpClient;
  /** See `credentialsFor`; without it everything is asked for anonymously. */
  readonly credentials?: (repository: string | undefined) => Promise<Credentials | undefined>;
  /** Redirects and token servers on plain http are accepted; the rest of `--insecure` is in `endpoint` and `http`. */
  readonly insecure?: boolean;
  readonly retry?: Partial<RetryPolicy>;
  readonly clock?: Clock;
  readonly onEvent?: OnRegistryEvent;
  readonly signal?: AbortSignal | undefined;
}

export interface Registry {
  readonly endpoint: Endpoint;
  /** See `resolveImage`. */
  resolve(request: ImageRequest): Promise<ResolvedImage>;
  /** The document that a tag or digest names, an index as it is. See `fetchDocument`. */
  document(repository: string, reference: string | Digest): Promise<FetchedDocument>;
  /** See `registryBlobs`. */
  blobs(repository: string): BlobSource;
  /** See `listTags`. */
  tags(repository: string): Promise<string[]>;
  /** See `listRepositories`. */
  catalog(): Promise<string[]>;
  /** What its index finds; undefined when it has none, or that does not search. See `searchIndex`. */
  search(word: string, limit: number): Promise<FoundImage[] | undefined>;
  /** See `checkLogin`; stored credentials are left aside. */
  checkCredentials(credentials: Credentials): Promise<LoginCheck>;
}

/** Opens a registry. Nothing is contacted before the first question. */
export function openRegistry(options: RegistryOptions): Registry {
  const settings: SessionOptions = {
    endpoint: options.endpoint,
    http: options.http,
    clock: options.clock ?? systemClock,
    retry: { ...defaultRetryPolicy, ...options.retry },
    credentials: options.credentials ?? (async () => undefined),
    insecure: options.insecure ?? false,
    onEvent: options.onEvent ?? (() => {}),
    signal: options.signal,
  };
  const session = createSession(settings);
  return {
    endpoint: options.endpoint,
    resolve: (request) => resolveImage(session, request),
    document: (repository, reference) => fetchDocument(session, repository, reference),
    blobs: (repository) => registryBlobs(session, repository),
    tags: (repository) => listTags(session, repository),
    catalog: () => listRepositories(session),
    search: async (word, limit) => {
      const { index } = options.endpoint;
      if (index === undefined) return undefined;
      const endpoint = { ...options.endpoint, base: index };
      return searchIndex(createSession({ ...settings, endpoint }), word, limit);
    },
    checkCredentials: (credentials) => checkLogin(settings, credentials),
  };
}
