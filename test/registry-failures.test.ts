/** Every way to be refused has its own sentence and its own next step; what may pass is tried again. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { amd64, failureOf, openLab, password, publishImage } from './support/registry-lab.ts';
import { type RegistryServer, type RegistryServerOptions, startRegistry } from './support/registry-server.ts';

const open: { close(): unknown }[] = [];
async function start(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const server = await startRegistry(options);
  open.push(server);
  publishImage(server, 'lab/tool', '1');
  return server;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
const request = { repository: 'lab/tool', tag: '1', platform: amd64 };
const manifests = /manifests/;

describe('tried again', () => {
  test('5xx with growing delays, then it works', async () => {
    const server = await start();
    server.fault({ match: manifests, fault: { kind: 'status', status: 503 }, times: 3 });
    const { registry, clock, events } = openLab(server);
    await registry.resolve(request);
    expect(clock.slept).toEqual([375, 750, 1500]);
    expect(events.filter((event) => event.kind === 'retrying').map((event) => event.reason)).toEqual(
      Array(3).fill('status 503'),
    );
  });

  test('Retry-After in seconds and as a date', async () => {
    const server = await start();
    const wait = (value: string) =>
      ({ kind: 'status', status: 429, headers: { 'retry-after': value } }) as const;
    server.fault({ match: manifests, fault: wait('17') });
    server.fault({ match: manifests, fault: wait('Thu, 01 Jan 2026 00:01:00 GMT') });
    const { registry, clock } = openLab(server);
    await registry.resolve(request);
    expect(clock.slept).toEqual([17_000, 43_000]);
  });

  test('a longer wait than anyone has: given up at once, and said', async () => {
    const server = await start();
    server.fault({
      match: manifests,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '3600' } },
    });
    const { registry, clock } = openLab(server);
    const error = await failureOf(registry.resolve(request));
    expect(clock.slept).toEqual([]);
    expect(error).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('too many requests from here; it asks to wait 60 minutes'),
      hint: expect.stringContaining('udocker login'),
      details: { retryAfterMs: 3_600_000 },
    });
  });

  test('never more than the limit', async () => {
    const server = await start();
    server.fault({ match: manifests, fault: { kind: 'status', status: 500 }, times: 100 });
    const { registry, clock } = openLab(server, undefined, { retry: { attempts: 3 } });
    expect(await failureOf(registry.resolve(request))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('has a problem of its own: status 500'),
    });
    expect(clock.slept).toHaveLength(2);
    expect(server.log).toHaveLength(3);
  });

  test('a connection that ends without an answer', async () => {
    const server = await start();
    server.fault({ match: manifests, fault: { kind: 'reset' }, times: 2 });
    await openLab(server).registry.resolve(request);
  });

  test('stopped by the user while waiting', async () => {
    const server = await start();
    server.fault({ match: manifests, fault: { kind: 'status', status: 503 }, times: 100 });
    const stop = new AbortController();
    const lab = openLab(server, undefined, { signal: stop.signal, onEvent: () => stop.abort() });
    expect(await failureOf(lab.registry.resolve(request))).toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('said at once', () => {
  test('nothing listens there', async () => {
    const server = await start();
    await server.close();
    const { registry, clock } = openLab(server);
    expect(await failureOf(registry.resolve(request))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringMatching(
        /^asking 127\.0\.0\.1:\d+ for the manifest of lab\/tool:1: .* refused the connection/,
      ),
      hint: expect.stringContaining('check host and port'),
    });
    expect(clock.slept).toEqual([]);
  });

  test('no host has that name', async () => {
    const { registry } = openLab({ url: 'https://registry.invalid' });
    expect(await failureOf(registry.resolve(request))).toMatchObject({
      code: 'NETWORK',
      details: { failure: 'name-not-found' },
      message: expect.stringContaining('no host is called registry.invalid'),
    });
  });

  test('something else listens there', async () => {
    const other = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    open.push(other);
    const { registry } = openLab({ url: `http://127.0.0.1:${(other.address() as AddressInfo).port}` });
    expect(await failureOf(registry.resolve(request))).toMatchObject({ details: { failure: 'not-http' } });
  });

  test('a web site, whatever its status', async () => {
    const server = await start();
    for (const status of [200, 404]) {
      server.fault({ match: manifests, fault: { kind: 'web-page', status } });
      expect(await failureOf(openLab(server).registry.resolve(request))).toMatchObject({
        code: 'INVALID',
        message: expect.stringContaining('is not a registry: it answers with a web page'),
      });
    }
  });

  test('no such image; no such tag', async () => {
    const server = await start();
    const { registry } = openLab(server);
    expect(await failureOf(registry.resolve({ ...request, repository: 'lab/none' }))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('has no image lab/none'),
    });
    expect(await failureOf(registry.resolve({ ...request, tag: 'none' }))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('has no tag none of lab/tool'),
      hint: expect.stringContaining('spelling of the name and the tag'),
    });
  });

  test("403, with the registry's own words but not its control characters", async () => {
    const server = await start();
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'not\u001b[2J you' }] });
    server.fault({ match: manifests, fault: { kind: 'status', status: 403, body } });
    const error = await failureOf(openLab(server).registry.resolve(request));
    expect(error).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('forbids it (not [2J you)'),
    });
  });

  test('401 without a login, and with one that is wrong', async () => {
    const server = await start({ access: { kind: 'basic', users: { ann: 'secret' } } });
    expect(await failureOf(openLab(server).registry.resolve(request))).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('refuses anonymous users'),
      hint: expect.stringContaining(`udocker login --registry=${server.host}`),
    });
    const wrong = await failureOf(openLab(server, password('ann', 'nonsense')).registry.resolve(request));
    expect(wrong.message).not.toContain('nonsense');
    expect(wrong).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('refuses user ann (a test)'),
    });
  });

  test('redirects: to nowhere, in a circle, from https to http, to another kind of URL', async () => {
    const server = await start();
    const redirect = (to: string, times = 1) =>
      server.fault({ match: manifests, fault: { kind: 'redirect', to }, times });
    redirect('file:///etc/passwd');
    expect(await failureOf(openLab(server).registry.resolve(request))).toMatchObject({ code: 'INVALID' });
    redirect('/v2/lab/tool/manifests/1', 50);
    expect(await failureOf(openLab(server).registry.resolve(request))).toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('redirects more than 10 times'),
    });
  });
});
