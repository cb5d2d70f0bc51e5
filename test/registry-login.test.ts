/** The login handshake: tokens, scopes, expiry, refresh tokens, basic; and `login`'s check. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { Descriptor } from '../src/oci/descriptor.ts';
import type { Access } from './support/registry-access.ts';
import { amd64, collect, failureOf, openLab, password, publishImage } from './support/registry-lab.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';

const open: RegistryServer[] = [];
async function start(access?: Access, storage = false) {
  const server = await startRegistry({ ...(access === undefined ? {} : { access }), storage });
  open.push(server);
  const image = publishImage(server, 'lab/tool', '1', { size: 2_000_000 });
  return { server, blob: image.manifest.layers[0] as unknown as Descriptor, layer: Buffer.from(image.layer) };
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
const request = { repository: 'lab/tool', tag: '1', platform: amd64 };
const users = { ann: 'se:cret' };
const tokens = (server: RegistryServer) => server.log.filter((entry) => entry.server === 'token');

describe('bearer tokens', () => {
  test('anonymous, one token for manifest, configuration and layers', async () => {
    const { server, blob, layer } = await start({ kind: 'token', users, anonymous: true });
    const { registry } = openLab(server);
    await registry.resolve(request);
    expect(await collect(await registry.blobs('lab/tool').open(blob))).toEqual(layer);
    expect(tokens(server)).toHaveLength(1);
    const query = new URL(tokens(server)[0]?.path ?? '', 'http://x').searchParams;
    expect([query.get('service'), query.get('scope')]).toEqual([
      'lab, "registry"',
      'repository:lab/tool:pull',
    ]);
  });

  test('for a user; the password goes to the token server only, the token to no storage host', async () => {
    const { server, blob, layer } = await start({ kind: 'token', users, field: 'access_token' }, true);
    const { registry } = openLab(server, password('ann', users.ann));
    await registry.resolve(request);
    expect(await collect(await registry.blobs('lab/tool').open(blob))).toEqual(layer);
    const sent = server.log.filter(({ headers }) => headers.authorization?.startsWith('Basic'));
    expect(sent.map((entry) => entry.server)).toEqual(['token']);
    expect(server.violations).toEqual([]);
  });

  test('a token that ends in the middle is replaced, also while a blob is resumed', async () => {
    const { server, blob, layer } = await start({ kind: 'token', users, anonymous: true, uses: 1 });
    server.fault({ match: /blobs/, after: 1, fault: { kind: 'cut', after: 1_500_000 } });
    const { registry } = openLab(server);
    await registry.resolve(request);
    expect(await collect(await registry.blobs('lab/tool').open(blob))).toEqual(layer);
    expect(tokens(server).length).toBeGreaterThanOrEqual(3);
  });

  test('its announced end is believed: a new one is fetched before', async () => {
    const { server } = await start({ kind: 'token', users, anonymous: true, expiresIn: 100 });
    const { registry, clock } = openLab(server);
    await registry.tags('lab/tool');
    await clock.sleep(95_000);
    await registry.tags('lab/tool');
    expect(tokens(server)).toHaveLength(2);
    expect(server.log.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test('many requests at once share one token', async () => {
    const { server } = await start({ kind: 'token', users, anonymous: true });
    const { registry } = openLab(server);
    await Promise.all(Array.from({ length: 8 }, () => registry.tags('lab/tool')));
    expect(tokens(server)).toHaveLength(1);
  });

  test('a refresh token is exchanged by POST', async () => {
    const { server } = await start({ kind: 'token', users, identityTokens: { 'refresh-me': 'ann' } });
    const { registry } = openLab(server, { kind: 'identity-token', token: 'refresh-me', source: 'a test' });
    await registry.resolve(request);
    expect(tokens(server).map(({ method }) => method)).toEqual(['POST']);
    const wrong = openLab(server, { kind: 'identity-token', token: 'old', source: 'config.json' });
    expect(await failureOf(wrong.registry.resolve(request))).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('the stored token (config.json) was refused'),
    });
  });

  test('wrong password, no login, and a repository that the token does not open', async () => {
    const closed = await start({ kind: 'token', users });
    expect(
      await failureOf(openLab(closed.server, password('ann', 'x')).registry.resolve(request)),
    ).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('the password of ann (a test) was refused'),
    });
    expect(await failureOf(openLab(closed.server).registry.resolve(request))).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('refuses anonymous users: lab/tool is private or does not exist'),
    });
    const half = await start({ kind: 'token', users, anonymous: true, privateRepositories: ['lab/tool'] });
    expect(await failureOf(openLab(half.server).registry.resolve(request))).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('lab/tool is private or does not exist'),
    });
  });

  test("the token server's own trouble is tried again", async () => {
    const { server } = await start({ kind: 'token', users, anonymous: true, failFirst: [503, 429] });
    const { registry, clock } = openLab(server);
    await registry.resolve(request);
    expect(clock.slept).toEqual([7000, 7000]);
  });
});

test('basic', async () => {
  const { server, blob, layer } = await start({ kind: 'basic', users }, true);
  const { registry } = openLab(server, password('ann', users.ann));
  await registry.resolve(request);
  expect(await collect(await registry.blobs('lab/tool').open(blob))).toEqual(layer);
  expect(server.violations).toEqual([]);
  expect(server.log.filter(({ status }) => status === 401)).toHaveLength(1);
});

describe('checkCredentials', () => {
  const check = async (access: Access | undefined, word: string) => {
    const { server } = await start(access);
    return openLab(server).registry.checkCredentials(password('ann', word));
  };
  test.each<[string, Access | undefined, string, string]>([
    ['token, right', { kind: 'token', users }, users.ann, 'accepted'],
    ['token, wrong', { kind: 'token', users, anonymous: true }, 'no', 'rejected'],
    ['basic, right', { kind: 'basic', users }, users.ann, 'accepted'],
    ['basic, wrong', { kind: 'basic', users }, 'no', 'rejected'],
    ['open to all', undefined, 'no', 'not-needed'],
  ])('%s', async (_, access, word, expected) => {
    expect((await check(access, word)).kind).toBe(expected as 'accepted');
  });

  test('a web site is not a registry; a closed port is an error', async () => {
    const { server } = await start();
    server.fault({ match: /v2/, fault: { kind: 'web-page' } });
    const { registry } = openLab(server);
    expect(await failureOf(registry.checkCredentials(password('ann', 'x')))).toMatchObject({
      code: 'INVALID',
    });
    server.fault({ match: /v2/, fault: { kind: 'status', status: 404, body: 'not here' } });
    expect(await failureOf(registry.checkCredentials(password('ann', 'x')))).toMatchObject({
      code: 'NOT_FOUND',
    });
    await server.close();
    expect(await failureOf(registry.checkCredentials(password('ann', 'x')))).toMatchObject({
      code: 'NETWORK',
    });
  });
});
