/**
 * udocker's keystore: a JSON object from registry URL to `{"auth": base64 of user:password, "email": ""}`, mode
 * 0600. The format is the Python tool's, and what we write it can read: hence its keys are URLs with a scheme.
 */
import { isErrno, UdockerError } from '../errors.ts';
import { type HostPath, parentOf } from '../paths.ts';
import { makeDirectory, readText, removeFile, writeFileAtomically } from '../system/files.ts';
import { decodeAuth } from './login.ts';
import { registryKey } from './registry-key.ts';

export interface KeystoreEntry {
  /** As it stands in the file. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

type Auths = Readonly<Record<string, unknown>>;

/** All entries; none when there is no file. Throws INVALID when it is not a keystore, STORAGE when unreadable. */
export function readKeystore(file: HostPath): KeystoreEntry[] {
  return Object.entries(readAuths(file)).flatMap(([url, value]) => {
    const login = decodeAuth(isObject(value) ? value.auth : undefined);
    return login === undefined ? [] : [{ url, ...login }];
  });
}

/**
 * Stores a login, in place of any other for the same registry. `url` is the registry's base with scheme. A user
 * name with a colon cannot be stored (USAGE). Throws as `readKeystore`.
 */
export function setLogin(file: HostPath, url: string, username: string, password: string): void {
  if (username === '' || username.includes(':')) {
    throw new UdockerError(
      'USAGE',
      `storing a login for ${url}: a user name must not be empty or hold a colon`,
    );
  }
  const others = without(readAuths(file), url);
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  write(file, { ...others, [url.replace(/\/$/, '')]: { auth, email: '' } });
}

/** Deletes the login for a registry; false when there was none. Throws as `readKeystore`. */
export function deleteLogin(file: HostPath, url: string): boolean {
  const auths = readAuths(file);
  const rest = without(auths, url);
  if (Object.keys(rest).length === Object.keys(auths).length) return false;
  write(file, rest);
  return true;
}

/** Deletes the keystore with all logins; false when there was none. Throws STORAGE. */
export function deleteAllLogins(file: HostPath): boolean {
  return attempt(`deleting the keystore ${file}`, () => removeFile(file));
}

function readAuths(file: HostPath): Auths {
  const text = attempt(`reading the keystore ${file}`, () => readText(file));
  if (text === undefined || text.trim() === '') return {};
  const hint = `delete it with: udocker logout -a`;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new UdockerError('INVALID', `reading the keystore ${file}: it is not JSON`, { hint, cause });
  }
  if (!isObject(document)) {
    throw new UdockerError('INVALID', `reading the keystore ${file}: it is not a JSON object`, { hint });
  }
  return document;
}

function without(auths: Auths, url: string): Record<string, unknown> {
  const key = registryKey(url);
  return Object.fromEntries(Object.entries(auths).filter(([name]) => registryKey(name) !== key));
}

function write(file: HostPath, auths: Auths): void {
  attempt(`writing the keystore ${file}`, () => {
    makeDirectory(parentOf(file));
    writeFileAtomically(file, JSON.stringify(auths), 0o600);
  });
}

function attempt<T>(doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isErrno(error, ...Object.keys(words))) throw error;
    throw new UdockerError('STORAGE', `${doing}: ${words[error.code ?? ''] ?? error.message}`, {
      hint: 'check who owns the file and its directory, and the free space',
      cause: error,
    });
  }
}

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EISDIR: 'it is a directory',
};

function isObject(value: unknown): value is Auths {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
