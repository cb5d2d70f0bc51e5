/**
 * Image references, in Docker's grammar: `[host[:port]/]path[:tag][@digest]`.
 * A first component is a host when it has a `.` or a `:` or is `localhost`; Docker Hub is meant otherwise.
 * Source: distribution's reference grammar; OCI distribution spec, "Pulling manifests" (name and tag patterns).
 */
import { UdockerError } from '../errors.ts';
import { type Digest, isDigest, parseDigest } from './digest.ts';

export interface ImageReference {
  /** `host[:port]` as written; undefined when none was, or when it was one of Docker Hub's names. */
  readonly host?: string;
  /**
   * The path without host, tag and digest, as typed: without a host it may lead to a registry of the user's choice,
   * where `library/` is part of the name.
   */
  readonly path: string;
  readonly tag: string;
  /** When present it decides which manifest is meant, and the tag is decoration. */
  readonly digest?: Digest;
}

const hubHosts: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const hostPattern = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?$/;
const maximumNameLength = 255;

/** Parses a reference as a user types it. Throws USAGE, naming the part that is wrong. */
export function parseReference(text: string): ImageReference {
  if (text === '') throw malformed(text, 'it is empty', 'name an image, for example alpine:3.20');
  if (/^[a-z]+:\/\//.test(text)) {
    throw malformed(text, 'it starts with a URL scheme', 'write host:port/name:tag, or use --registry=URL');
  }
  const { rest, digest } = splitDigest(text);
  const { name, tag } = splitTag(text, rest);
  const { host, path } = splitHost(text, name);
  checkPath(text, path);
  if (name.length > maximumNameLength)
    throw malformed(text, `the name has more than ${maximumNameLength} characters`);
  return { ...hubNames(host, path), tag, ...(digest === undefined ? {} : { digest }) };
}

/** The name under which a repository lists the image: `[host/]path`, without Docker Hub's `library/`. */
export function localName({ host, path }: ImageReference): string {
  return host === undefined ? path.replace(/^library\/(?=[^/]+$)/, '') : `${host}/${path}`;
}

/** The tag under which a repository lists the image: the digest when there is one. */
export function localTag(reference: ImageReference): string {
  return reference.digest ?? reference.tag;
}

/** The reference as text, as short as it can be without changing its meaning. */
export function formatReference(reference: ImageReference): string {
  const { digest, tag } = reference;
  return digest === undefined ? `${localName(reference)}:${tag}` : `${localName(reference)}@${digest}`;
}

function splitDigest(text: string): { rest: string; digest: Digest | undefined } {
  const at = text.indexOf('@');
  if (at < 0) return { rest: text, digest: undefined };
  const digest = text.slice(at + 1);
  if (!isDigest(digest)) {
    throw malformed(
      text,
      `${JSON.stringify(digest)} is not a digest`,
      'a digest is sha256: and 64 hexadecimal digits',
    );
  }
  return { rest: text.slice(0, at), digest: parseDigest(digest) };
}

function splitTag(text: string, rest: string): { name: string; tag: string } {
  const colon = rest.lastIndexOf(':');
  if (colon < 0 || rest.indexOf('/', colon) >= 0) return { name: rest, tag: 'latest' };
  const tag = rest.slice(colon + 1);
  if (!tagPattern.test(tag)) throw malformed(text, `${JSON.stringify(tag)} is not a tag`);
  return { name: rest.slice(0, colon), tag };
}

function splitHost(text: string, name: string): { host: string | undefined; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, slash);
  const isHost = slash > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  if (!isHost) return { host: undefined, path: name };
  if (!hostPattern.test(first) || Number(/:(\d+)$/.exec(first)?.[1] ?? 1) > 65535) {
    throw malformed(text, `${JSON.stringify(first)} is not a host name`);
  }
  return { host: first, path: name.slice(slash + 1) };
}

function checkPath(text: string, path: string): void {
  for (const part of path.split('/')) {
    if (part === '') throw malformed(text, 'a part of the name is empty');
    if (/[A-Z]/.test(part))
      throw malformed(text, `${JSON.stringify(part)} has upper-case letters`, 'names are lower case');
    if (!component.test(part)) throw malformed(text, `${JSON.stringify(part)} is not a name`);
  }
}

function hubNames(host: string | undefined, path: string): { host?: string; path: string } {
  return host === undefined || hubHosts.has(host) ? { path } : { host, path };
}

function malformed(text: string, why: string, hint?: string): UdockerError {
  return new UdockerError(
    'USAGE',
    `not an image reference: ${JSON.stringify(text)}: ${why}`,
    hint === undefined ? {} : { hint },
  );
}
