/**
 * Whom TLS trusts: the host's own bundle of certificate authorities first, because sites add their CA there;
 * the runtime's built-in list only where the host has none. Made once per client, and only when TLS is used.
 */
import * as tls from 'node:tls';
import { UdockerError } from '../errors.ts';
import { type HostPath, hostPath } from '../paths.ts';
import { readText } from './files.ts';

export interface TrustOptions {
  /** A PEM file whose authorities are trusted in addition. */
  readonly caFile?: HostPath;
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
 * The TLS settings for a client. Throws STORAGE or INVALID when a file that was asked for (`caFile`,
 * SSL_CERT_FILE) is missing or holds no certificate.
 */
export function secureContext(options: TrustOptions): tls.SecureContext {
  if (options.insecure) return tls.createSecureContext({});
  return tls.createSecureContext({ ca: authorities(options) });
}

/** PEM texts of all that is trusted; several certificates may be in one text. */
export function authorities(options: TrustOptions): string[] {
  const { SSL_CERT_FILE: replaced, NODE_EXTRA_CA_CERTS: extra } = options.environment;
  const base = replaced ? [required(hostPath(replaced, cwd()), 'SSL_CERT_FILE')] : hostBundle();
  return [
    ...base,
    ...(extra ? [required(hostPath(extra, cwd()), 'NODE_EXTRA_CA_CERTS')] : []),
    ...(options.caFile === undefined ? [] : [required(options.caFile, 'the configured CA file')]),
  ];
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
