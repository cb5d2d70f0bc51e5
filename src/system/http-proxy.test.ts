import { describe, expect, test } from 'bun:test';
import { parseProxy, proxyFor, proxyRules } from './http-proxy.ts';

const host = (url: string, explicit: string | undefined, env: Record<string, string>) =>
  proxyFor(new URL(url), proxyRules(explicit, env))?.host;

describe('parseProxy', () => {
  test.each([
    ['http://p:3128', { kind: 'http', host: 'p', port: 3128 }],
    ['p:3128', { kind: 'http', host: 'p', port: 3128 }],
    ['http://p', { kind: 'http', host: 'p', port: 80 }],
    ['http://p:80/', { kind: 'http', host: 'p', port: 80 }],
    ['https://p', { kind: 'https', host: 'p', port: 443 }],
    ['socks5h://[::1]', { kind: 'socks5h', host: '::1', port: 1080 }],
    ['socks4://u:p%40ss@h:1', { kind: 'socks4', host: 'h', port: 1, username: 'u', password: 'p@ss' }],
    ['socks4a://h:80', { kind: 'socks4a', host: 'h', port: 80 }],
    ['SOCKS5://h', { kind: 'socks5', host: 'h', port: 1080 }],
  ])('%s', (text, expected) => {
    expect<unknown>(parseProxy(text, 'a test')).toEqual(expected);
  });
  test.each(['ftp://p', 'http://', 'http://p:99999', 'http://secret:pw@'])('refuses %s', (text) => {
    expect(() => parseProxy(text, '--httpproxy')).toThrow(/reading the proxy from --httpproxy/);
    expect(() => parseProxy(text, '--httpproxy')).not.toThrow(/pw/);
  });
});

describe('proxyFor', () => {
  test.each<[string, string | undefined, Record<string, string>, string | undefined]>([
    ['https://h/', undefined, { https_proxy: 'http://s', http_proxy: 'http://p' }, 's'],
    ['http://h/', undefined, { https_proxy: 'http://s', http_proxy: 'http://p' }, 'p'],
    ['http://h/', undefined, { HTTP_PROXY: 'http://P' }, 'p'],
    ['http://h/', undefined, { HTTP_PROXY: 'http://P', REQUEST_METHOD: 'GET' }, undefined],
    ['http://h/', undefined, { http_proxy: 'http://low', HTTP_PROXY: 'http://up' }, 'low'],
    ['https://h/', undefined, { ALL_PROXY: 'socks5://a' }, 'a'],
    ['https://h/', undefined, { all_proxy: 'socks5://a', HTTPS_PROXY: 'http://s' }, 's'],
    ['https://h/', 'socks5h://x', { https_proxy: 'http://s' }, 'x'],
    ['https://h/', '', { https_proxy: 'http://s' }, 's'],
    ['https://h/', undefined, {}, undefined],
    ['http://localhost:5000/', undefined, { http_proxy: 'http://p' }, undefined],
    ['http://127.0.0.1/', 'http://x', {}, 'x'],
  ])('%s, %s, %j', (url, explicit, env, expected) => {
    expect(host(url, explicit, env)).toBe(expected);
  });

  test.each<[string, string, boolean]>([
    ['https://h.example.org/', 'example.org', true],
    ['https://example.org/', '.example.org', true],
    ['https://h.example.org/', '*.example.org', true],
    ['https://notexample.org/', 'example.org', false],
    ['https://EXAMPLE.org./', 'x, Example.ORG', true],
    ['https://example.org:8443/', 'example.org:8443', true],
    ['https://example.org/', 'example.org:8443', false],
    ['https://example.org/', 'example.org:443', true],
    ['https://10.0.0.1/', '10.0.0.1', true],
    ['https://10.0.0.11/', '10.0.0.1', false],
    ['https://[fd00::1]:5000/', '[fd00::1]:5000', true],
    ['https://[fd00::1]/', 'fd00::1', true],
    ['https://anything/', '*', true],
    ['https://anything/', '', false],
    ['https://anything/', ' , ,', false],
  ])('%s with no_proxy=%s: around it %s', (url, no_proxy, around) => {
    expect(host(url, 'http://x', { no_proxy }) === undefined).toBe(around);
    expect(host(url, undefined, { https_proxy: 'http://x', NO_PROXY: no_proxy }) === undefined).toBe(around);
  });
});
