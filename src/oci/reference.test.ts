import { describe, expect, test } from 'bun:test';
import { formatReference, localName, localTag, parseReference } from './reference.ts';

const hex = 'a'.repeat(64);

describe('parseReference accepts', () => {
  test.each([
    ['busybox', { path: 'busybox', tag: 'latest' }],
    ['b', { path: 'b', tag: 'latest' }],
    ['library/busybox:1.36', { path: 'library/busybox', tag: '1.36' }],
    ['docker.io/library/busybox', { path: 'library/busybox', tag: 'latest' }],
    ['docker.io/lab/tool', { path: 'lab/tool', tag: 'latest' }],
    ['localhost/x', { host: 'localhost', path: 'x', tag: 'latest' }],
    ['localhost:5000/library/x:y', { host: 'localhost:5000', path: 'library/x', tag: 'y' }],
    ['127.0.0.1:5000/lab/busybox:latest', { host: '127.0.0.1:5000', path: 'lab/busybox', tag: 'latest' }],
    ['[::1]:5000/a', { host: '[::1]:5000', path: 'a', tag: 'latest' }],
    ['quay.io/a/b/c__d-e.f:V1', { host: 'quay.io', path: 'a/b/c__d-e.f', tag: 'V1' }],
    [`lab/busybox@sha256:${hex}`, { path: 'lab/busybox', tag: 'latest', digest: `sha256:${hex}` }],
    [`quay.io/a:b@sha256:${hex}`, { host: 'quay.io', path: 'a', tag: 'b', digest: `sha256:${hex}` }],
  ])('%s', (text, expected) => {
    expect<unknown>(parseReference(text)).toEqual(expected);
  });
});

describe('parseReference refuses', () => {
  test.each([
    '',
    ':tag',
    'a/../b',
    '../a',
    'a//b',
    'a/',
    '/a',
    'UPPER/x',
    'a b',
    'a:',
    'a:b:c',
    'http://host/x',
    'host.tld:99999/x',
    'a@sha256:abc',
    `a@md5:${hex}`,
    `a@sha256:${hex.toUpperCase()}`,
    '-a',
    'a_-b',
    `a:${'t'.repeat(129)}`,
    'a'.repeat(256),
    'lab/busybox\n',
  ])('%j', (text) => {
    expect(() => parseReference(text)).toThrow(/not an image reference/);
  });
});

test('the local name and tag are what the repository on disk is keyed by', () => {
  const byDigest = parseReference(`quay.io/a:b@sha256:${hex}`);
  expect([localName(byDigest), localTag(byDigest)]).toEqual(['quay.io/a', `sha256:${hex}`]);
  expect(formatReference(byDigest)).toBe(`quay.io/a@sha256:${hex}`);
  expect(formatReference(parseReference('docker.io/library/x'))).toBe('x:latest');
  expect(formatReference(parseReference('library/x'))).toBe('x:latest');
  expect(localName(parseReference('library/x/y'))).toBe('library/x/y');
  expect(localName(parseReference('quay.io/library/x'))).toBe('quay.io/library/x');
});
