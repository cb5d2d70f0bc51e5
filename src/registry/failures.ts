/**
 * What a refusal of a registry means, in words: one sentence and one next step per status.
 * Source: distribution spec, "Error codes".
 */
import { UdockerError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { type HttpResponse, header } from '../system/http.ts';
import { readExcerpt } from './body.ts';
import { spoken } from './error-body.ts';
import type { Credentials } from './login.ts';
import { retryAfter } from './retry.ts';

/** What was asked for. */
export type Subject =
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string; readonly foreign: boolean }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'registry' };

export interface RefusalContext {
  readonly doing: string;
  /** The registry as users name it. */
  readonly registry: string;
  readonly subject: Subject;
  /** Who answered: differs from the registry after a redirect. */
  readonly answeredBy: URL;
  readonly redirected: boolean;
  readonly credentials: Credentials | undefined;
  readonly clock: Clock;
}

/** The error for an answer that is not the one asked for. Reads the body for the registry's own words. */
export async function refusal(response: HttpResponse, context: RefusalContext): Promise<UdockerError> {
  const { doing, registry, answeredBy, clock } = context;
  if (response.status === 429 || response.status >= 500) {
    return serverError(
      response,
      doing,
      answeredBy.host,
      clock,
      context.credentials === undefined ? registry : undefined,
    );
  }
  const text = await readExcerpt(response);
  const said = spoken(text, header(response, 'content-type'));
  // Go's servers and nginx say so in words.
  if (response.status === 400 && /plain HTTP request|HTTP request to an HTTPS/i.test(text)) {
    const message = `${doing}: ${answeredBy.host} speaks https, and was asked in plain http`;
    return new UdockerError('INVALID', message, { hint: `use https://${answeredBy.host}` });
  }
  if (
    said.kind === 'web-page' &&
    (response.status === 404 || response.status < 300 || !isRegistry(response))
  ) {
    return notARegistry(doing, answeredBy.host);
  }
  const words = said.kind === 'error' && said.message !== '' ? ` (${said.message})` : '';
  const details = { status: response.status, host: answeredBy.host };
  if (context.redirected) {
    const message = `${doing}: ${answeredBy.host}, where ${registry} keeps its data, answered ${response.status}${words}`;
    return new UdockerError('DENIED', message, {
      hint: 'try again; its links are valid for a short time only',
      details,
    });
  }
  switch (response.status) {
    case 401:
      return unauthorized(context, words, details);
    case 403:
      return new UdockerError('DENIED', `${doing}: ${registry} forbids it${words}`, {
        hint:
          context.credentials === undefined
            ? loginHint(registry)
            : `${userOf(context.credentials)} needs the right to pull; log in as another user with: ${loginCommand(registry)}`,
        details,
      });
    case 404:
      return notFound(context, said.kind === 'error' ? said.code : '', details);
    default:
      return new UdockerError('INVALID', `${doing}: ${answeredBy.host} answered ${response.status}${words}`, {
        hint: 'check that this is the address of a registry',
        details,
      });
  }
}

/** The error for 429 and 5xx, after retries. `anonymousAt` names the registry when nobody is logged in. */
export async function serverError(
  response: HttpResponse,
  doing: string,
  host: string,
  clock: Clock,
  anonymousAt?: string,
): Promise<UdockerError> {
  const said = spoken(await readExcerpt(response), header(response, 'content-type'));
  const words = said.kind === 'error' && said.message !== '' ? ` (${said.message})` : '';
  const retryAfterMs = retryAfter(response, clock);
  const details = { status: response.status, host, retryAfterMs };
  if (response.status !== 429) {
    const message = `${doing}: ${host} has a problem of its own: status ${response.status}${words}`;
    return new UdockerError('NETWORK', message, { hint: 'try again later', details });
  }
  const wait = retryAfterMs === undefined ? '' : `; it asks to wait ${duration(retryAfterMs)}`;
  return new UdockerError('DENIED', `${doing}: ${host} has had too many requests from here${words}${wait}`, {
    hint:
      anonymousAt === undefined
        ? `try again ${retryAfterMs === undefined ? 'later' : `in ${duration(retryAfterMs)}`}`
        : `try again ${retryAfterMs === undefined ? 'later' : `in ${duration(retryAfterMs)}`}, or log in for a higher limit: ${loginCommand(anonymousAt)}`,
    details,
  });
}

/** The error for a host that serves web pages. */
export function notARegistry(doing: string, host: string): UdockerError {
  return new UdockerError('INVALID', `${doing}: ${host} is not a registry: it answers with a web page`, {
    hint: 'check the host name; the address of a registry often differs from that of its web site',
    details: { host, notARegistry: true },
  });
}

/** The next thing to type when a login is needed. */
export function loginHint(registry: string): string {
  return `log in with: ${loginCommand(registry)}`;
}

/** True when the answer says that it comes from a registry (a header that Docker's v2 API demands). */
export function isRegistry(response: Pick<HttpResponse, 'headers'>): boolean {
  return header(response, 'docker-distribution-api-version')?.includes('registry/2.0') ?? false;
}

/** True for an answer that is a web page, which registries never send. */
export function isWebPage(response: Pick<HttpResponse, 'headers'>): boolean {
  return /^(?:text\/html|application\/xhtml)/i.test(header(response, 'content-type') ?? '');
}

function loginCommand(registry: string): string {
  return registry === 'docker.io' ? 'udocker login' : `udocker login --registry=${registry}`;
}

function unauthorized(context: RefusalContext, words: string, details: { status: number }): UdockerError {
  const { doing, registry, credentials, subject } = context;
  if (credentials !== undefined) {
    return new UdockerError(
      'DENIED',
      `${doing}: ${registry} refuses ${userOf(credentials)} (${credentials.source})${words}`,
      {
        hint: `check the spelling of the image, and the rights of that user; to change the login: ${loginCommand(registry)}`,
        details,
      },
    );
  }
  const why =
    'repository' in subject ? `${subject.repository} is private or does not exist` : 'it wants a login';
  return new UdockerError('DENIED', `${doing}: ${registry} refuses anonymous users${words}: ${why}`, {
    hint: `check the spelling, or ${loginHint(registry)}`,
    details,
  });
}

function notFound(context: RefusalContext, code: string, details: { status: number }): UdockerError {
  const { doing, registry, subject } = context;
  const make = (words: string, hint: string, kind: 'NOT_FOUND' | 'UNSUPPORTED' = 'NOT_FOUND') =>
    new UdockerError(kind, `${doing}: ${words}`, { hint, details });
  switch (subject.kind) {
    case 'manifest': {
      const thing = subject.reference.includes(':') ? 'manifest' : 'tag';
      if (code === 'NAME_UNKNOWN') {
        return make(
          `${registry} has no image ${subject.repository}`,
          'check the spelling of the image and its registry',
        );
      }
      return make(
        `${registry} has no ${thing} ${subject.reference} of ${subject.repository}`,
        thing === 'tag'
          ? 'check the spelling of the name and the tag; without a tag, latest is meant'
          : 'check the spelling of the name and the digest',
      );
    }
    case 'blob':
      return subject.foreign
        ? make(
            `${registry} does not hold layer ${subject.digest}: it may not be distributed, only fetched from its vendor`,
            'this is usual for Windows images, which cannot run here; ask for another image or platform',
            'UNSUPPORTED',
          )
        : make(
            `${registry} has lost ${subject.digest} of ${subject.repository}`,
            'ask for the image to be pushed again',
          );
    case 'tags':
      return make(
        `${registry} has no image ${subject.repository}`,
        'check the spelling of the image and its registry',
      );
    case 'catalog':
      return make(`${registry} does not list its images`, 'name the image you look for', 'UNSUPPORTED');
    case 'registry':
      return make(`there is no registry at ${context.answeredBy.host}`, 'check host and port');
  }
}

function userOf(credentials: Credentials): string {
  return credentials.kind === 'password' ? `user ${credentials.username}` : 'the stored token';
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`;
}
