import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { authorities } from './http-trust.ts';

const debian = '/etc/ssl/certs/ca-certificates.crt';

test("the host's bundle is trusted; the runtime's list only where there is none", () => {
  const trusted = authorities({ insecure: false, environment: {} });
  if (existsSync(debian)) expect(trusted).toEqual([readFileSync(debian, 'utf8')]);
  else expect(trusted.join('')).toContain('BEGIN CERTIFICATE');
  expect(rootCertificates.length).toBeGreaterThan(50);
});

test('SSL_CERT_FILE stands in for the bundle, and its absence is said', () => {
  const environment = { SSL_CERT_FILE: '/nowhere/ca.pem' };
  expect(() => authorities({ insecure: false, environment })).toThrow(/\/nowhere\/ca\.pem \(SSL_CERT_FILE\)/);
});

test('a configured file comes on top', () => {
  if (!existsSync(debian)) return;
  const environment = { NODE_EXTRA_CA_CERTS: debian };
  expect(authorities({ insecure: false, environment })).toHaveLength(2);
});
