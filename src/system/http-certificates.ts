/**
 * What a host of its own certificates asks for: authorities and client certificates as Docker and Podman keep them,
 * one directory per registry (containers-certs.d(5)), so that a site configures them once for all tools.
 */
import { isErrno, UdockerError } from '../errors.ts';
import { type HostPath, hostPath, under } from '../paths.ts';
import { listEntries } from './directory-entries.ts';
import { readText } from './files.ts';

export interface HostCertificates {
  /** PEM texts of authorities to trust besides those of the host. */
  readonly authorities: readonly string[];
  /** Certificates to identify ourselves with; PEM texts. */
  readonly identities: readonly { readonly cert: string; readonly key: string }[];
}

/**
 * Reads the directories `certs.d/AUTHORITY/` of the user, of Podman and of Docker, the first that exists. `authority`
 * is `host`, for which the directory may also be called `host:443`, or `host:port`. Files that this user may not read
 * are passed over. Throws INVALID for a certificate without its key or the other way round.
 */
export function certificatesFor(
  authority: string,
  environment: Readonly<Record<string, string | undefined>>,
): HostCertificates {
  const names = /:\d+$/.test(authority) ? [authority] : [authority, `${authority}:443`];
  for (const base of bases(environment)) {
    for (const name of names) {
      const directory = under(base, name);
      const files = readable(() => listEntries(directory))?.map((entry) => entry.name);
      if (files !== undefined) return read(directory, files);
    }
  }
  return { authorities: [], identities: [] };
}

function bases(environment: Readonly<Record<string, string | undefined>>): HostPath[] {
  const home = environment.HOME;
  const settings = environment.XDG_CONFIG_HOME || (home ? `${home}/.config` : undefined);
  const own = settings === undefined ? [] : [`${settings}/containers/certs.d`, `${settings}/docker/certs.d`];
  return [...own, '/etc/containers/certs.d', '/etc/docker/certs.d'].map((path) => hostPath(path));
}

function read(directory: HostPath, files: readonly string[]): HostCertificates {
  const textOf = (name: string): string | undefined => readable(() => readText(under(directory, name)));
  const authorities = files.filter((name) => name.endsWith('.crt')).flatMap((name) => textOf(name) ?? []);
  const identities = files
    .filter((name) => name.endsWith('.cert') || name.endsWith('.key'))
    .map((name) => name.slice(0, name.lastIndexOf('.')));
  return {
    authorities,
    identities: [...new Set(identities)].flatMap((name) => {
      for (const part of [`${name}.cert`, `${name}.key`]) {
        if (files.includes(part)) continue;
        throw new UdockerError(
          'INVALID',
          `reading the client certificate ${name} in ${directory}: no ${part}`,
          {
            hint: `a client certificate is two files, ${name}.cert and ${name}.key`,
          },
        );
      }
      const [cert, key] = [textOf(`${name}.cert`), textOf(`${name}.key`)];
      return cert === undefined || key === undefined ? [] : [{ cert, key }];
    }),
  };
}

/** Undefined also for what another user keeps to himself. */
function readable<T>(look: () => T | undefined): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isErrno(error, 'EACCES', 'ENOTDIR')) return undefined;
    throw error;
  }
}
