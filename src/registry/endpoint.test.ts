import { describe, expect, test } from 'bun:test';
import { locate } from '../../test/support/registry-lab.ts';
import { parseReference } from '../oci/reference.ts';
import type { RegistrySettings } from './endpoint.ts';

const none: RegistrySettings = { registries: {}, defaultRegistry: '', insecure: false };
const hub = 'https://registry-1.docker.io/';

/** [name, URL, repository, whether http may be tried] */
type Expected = [name: string, url: string, repository: string, httpFallback: boolean];

describe('registry and repository of a reference', () => {
  test.each<[string, Partial<RegistrySettings>, Expected]>([
    ['busybox', {}, ['docker.io', hub, 'library/busybox', false]],
    ['lab/tool', {}, ['docker.io', hub, 'lab/tool', false]],
    ['docker.io/library/busybox', {}, ['docker.io', hub, 'library/busybox', false]],
    ['library/busybox', {}, ['docker.io', hub, 'library/busybox', false]],
    ['library/bb', { registry: 'https://mirror' }, ['mirror', 'https://mirror/', 'library/bb', false]],
    ['library/bb', { registry: 'docker.io' }, ['docker.io', hub, 'library/bb', false]],
    ['quay.io/a/b', {}, ['quay.io', 'https://quay.io/', 'a/b', false]],
    ['quay.io/a/b', { registry: 'http://other' }, ['quay.io', 'https://quay.io/', 'a/b', false]],
    ['quay.io/a/b', { insecure: true }, ['quay.io', 'https://quay.io/', 'a/b', true]],
    ['localhost:5000/x', {}, ['localhost:5000', 'https://localhost:5000/', 'x', true]],
    ['127.0.0.1:5000/x', {}, ['127.0.0.1:5000', 'https://127.0.0.1:5000/', 'x', true]],
    ['[::1]:5000/x', {}, ['[::1]:5000', 'https://[::1]:5000/', 'x', true]],
    ['bb', { registry: 'http://127.0.0.1:5000' }, ['127.0.0.1:5000', 'http://127.0.0.1:5000/', 'bb', false]],
    [
      'bb',
      { registry: 'https://127.0.0.1:5000', insecure: true },
      ['127.0.0.1:5000', 'https://127.0.0.1:5000/', 'bb', false],
    ],
    ['bb', { registry: 'localhost:5000' }, ['localhost:5000', 'https://localhost:5000/', 'bb', true]],
    ['bb', { registry: 'https://index.docker.io/v1/' }, ['docker.io', hub, 'library/bb', false]],
    ['a/b', { registry: 'https://host/prefix/v2/' }, ['host/prefix', 'https://host/prefix', 'a/b', false]],
    [
      'bb',
      { defaultRegistry: 'http://localhost:5000' },
      ['localhost:5000', 'http://localhost:5000/', 'bb', false],
    ],
    [
      'lab.org/x',
      { registries: { 'lab.org': ['http://mirror:80/r'] } },
      ['lab.org', 'http://mirror/r', 'x', false],
    ],
    [
      'registry.hub.docker.com/bb',
      {},
      ['registry.hub.docker.com', 'https://registry.hub.docker.com/', 'bb', false],
    ],
  ])('%s %j', (text, settings, expected) => {
    const { endpoint, repository } = locate(parseReference(text), { ...none, ...settings });
    expect([endpoint.name, endpoint.base.href, repository, endpoint.httpFallback]).toEqual(expected);
  });

  test('the index of the table, of the option, of the configuration', () => {
    const registries = { 'lab.org': ['https://r', 'https://i'] as const };
    const indexOf = (text: string, settings: Partial<RegistrySettings>) =>
      locate(parseReference(text), { ...none, ...settings }).endpoint.index?.href;
    expect(indexOf('lab.org/x', { registries })).toBe('https://i/');
    expect(indexOf('lab.org/x', { registries, index: 'http://o' })).toBe('http://o/');
    expect(indexOf('x', { defaultIndex: 'https://hub.docker.com' })).toBe('https://hub.docker.com/');
    expect(indexOf('quay.io/x', {})).toBeUndefined();
  });

  test.each(['ftp://x', 'http://', 'http://a b', 'https://h/?q', 'https://ann:secret@h'])(
    'refuses %s',
    (registry) => {
      const attempt = () => locate(parseReference('x'), { ...none, registry });
      expect(attempt).toThrow(/not a registry/);
      expect(attempt).not.toThrow(/secret/);
    },
  );
});
