/**
 * Whom TLS trusts: the host's own bundle of certificate authorities first, because sites add their CA there;
 * the runtime's built-in list only where the host has none. Made once per host, and only when TLS is used.
 */
import * as tls from 'node:tls';
import { UdockerError } from '../errors.ts';
import { type HostPath, hostPath } from '../paths.ts';
import { readText } from './files.ts';
import { certificatesFor } from './http-certificates.ts';

export interface TrustOptions {
  /** No certificate is checked at all. */
  readonly insecure: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Debian, Ubuntu, Alpine, Arch; Fedora, EL; openSUSE; OpenELEC; EL 7; FreeBSD-like; Termux. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/data/data/com.termux/files/usr/etc/tls/cert.pem',
];

/**
 * The TLS settings for connections to `authority`, `host` or `host:port`. Throws STORAGE or INVALID when a file that
 * was asked for (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS) is missing or holds no certificate, INVALID when a certificate
 * of that host cannot be used.
 */
export function secureContext(authority: string, options: TrustOptions): tls.SecureContext {
  const own = certificatesFor(authority, options.environment);
  const [cert, key] = [own.identities.map((each) => each.cert), own.identities.map((each) => each.key)];
  const identity = cert.length === 0 ? {} : { cert, key };
  const trust = options.insecure ? {} : { ca: [...authorities(options), ...own.authorities] };
  try {
    return tls.createSecureContext({ ...trust, ...identity });
  } catch (cause) {
    throw new UdockerError('INVALID', `reading the certificates kept for ${authority}: ${words(cause)}`, {
      hint: `check the PEM files in certs.d/${authority} of Docker and Podman`,
      cause,
    });
  }
}

function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** PEM texts of all that is trusted; several certificates may be in one text. */
export function authorities(options: TrustOptions): string[] {
  const { SSL_CERT_FILE: replaced, NODE_EXTRA_CA_CERTS: extra } = options.environment;
  const base = replaced ? [required(hostPath(replaced, cwd()), 'SSL_CERT_FILE')] : hostBundle();
  return [...base, ...(extra ? [required(hostPath(extra, cwd()), 'NODE_EXTRA_CA_CERTS')] : [])];
}

function hostBundle(): string[] {
  for (const path of bundles) {
    const text = readText(hostPath(path));
    if (text?.includes('BEGIN CERTIFICATE')) return [text];
  }
  return [...tls.rootCertificates];
}

function required(path: HostPath, origin: string): string {
  const text = readText(path);
  const hint = 'give the path of a PEM file with the certificate of the authority';
  if (text === undefined) {
    throw new UdockerError(
      'STORAGE',
      `reading certificate authorities from ${path} (${origin}): no such file`,
      { hint },
    );
  }
  if (!/BEGIN (?:TRUSTED |X509 )?CERTIFICATE/.test(text)) {
    throw new UdockerError(
      'INVALID',
      `reading certificate authorities from ${path} (${origin}): no certificate in it`,
      {
        hint,
      },
    );
  }
  return text;
}

function cwd(): HostPath {
  return hostPath(process.cwd());
}
