/**
 * Credentials in Docker's config.json and Podman's auth.json, which is the same format: entries in the file, or a
 * program `docker-credential-NAME` that keeps them (credHelpers for one registry, credsStore for all).
 * Source: Docker CLI reference, "Configuration file"; docker-credential-helpers; containers-auth.json(5).
 */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import { readText } from '../system/files.ts';
import { runProgram } from '../system/helper-program.ts';
import { type Credentials, decodeAuth } from './login.ts';
import { helperServer, registryKey } from './registry-key.ts';

type Json = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string | undefined>>;

const helperTimeoutMs = 30_000;

/**
 * The credentials that `file` has for one of `keys` (normal forms, most specific first); undefined when it does
 * not exist or has none. Throws INVALID when it is malformed or its helper program fails.
 */
export async function dockerCredentials(
  file: HostPath,
  keys: readonly string[],
  environment: Environment,
): Promise<Credentials | undefined> {
  const text = readText(file);
  if (text === undefined) return undefined;
  const config = parse(text, file);
  for (const key of keys) {
    const helper = lookUp(config.credHelpers, key) ?? (key.includes('/') ? undefined : config.credsStore);
    const kept = isName(helper) ? await askHelper(helper, key, file, environment) : undefined;
    const found = kept ?? fromEntry(lookUp(config.auths, key), file);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parse(text: string, file: HostPath): Json {
  try {
    const document: unknown = JSON.parse(text);
    if (isObject(document)) return document;
  } catch (cause) {
    throw new UdockerError('INVALID', `reading credentials from ${file}: it is not JSON`, { cause });
  }
  throw new UdockerError('INVALID', `reading credentials from ${file}: it is not a JSON object`);
}

function lookUp(table: unknown, key: string): unknown {
  if (!isObject(table)) return undefined;
  return Object.entries(table).find(([name]) => registryKey(name) === key)?.[1];
}

function fromEntry(entry: unknown, source: string): Credentials | undefined {
  if (!isObject(entry)) return undefined;
  const { identitytoken, registrytoken, username, password } = entry;
  if (isText(registrytoken)) return { kind: 'registry-token', token: registrytoken, source };
  if (isText(identitytoken)) return { kind: 'identity-token', token: identitytoken, source };
  const login =
    decodeAuth(entry.auth) ?? (isText(username) && isText(password) ? { username, password } : undefined);
  return login === undefined ? undefined : { kind: 'password', ...login, source };
}

/** `docker-credential-NAME get`, the server on its input; "not found" is a failure with well-known words. */
async function askHelper(
  name: string,
  key: string,
  file: HostPath,
  environment: Environment,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  const fail = (why: string) => {
    throw new UdockerError('INVALID', `asking ${program} (named in ${file}) for the login of ${key}: ${why}`);
  };
  const input = helperServer(key);
  const result = await runProgram(program, ['get'], { input, environment, timeoutMs: helperTimeoutMs });
  if (result.kind === 'not-found') return fail('there is no such program in PATH');
  if (result.kind === 'failed') return fail(result.reason);
  const words = `${result.stdout}${result.stderr}`.trim();
  if (result.code !== 0) {
    return /credentials not found|no credentials|not be found/i.test(words)
      ? undefined
      : fail(words || `status ${result.code}`);
  }
  return fromHelper(result.stdout, program) ?? fail('its answer holds no login');
}

function fromHelper(stdout: string, source: string): Credentials | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  if (!isObject(answer) || !isText(answer.Username) || !isText(answer.Secret)) return undefined;
  // Docker's convention: this user name says that the secret is a refresh token.
  if (answer.Username === '<token>') return { kind: 'identity-token', token: answer.Secret, source };
  return { kind: 'password', username: answer.Username, password: answer.Secret, source };
}

/** The name becomes part of a program's name: no slash may lead elsewhere. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_.-]+$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
