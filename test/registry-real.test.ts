/**
 * The registry client against programs that others wrote: Debian's docker-registry (plain, with htpasswd, behind
 * TLS), filled by skopeo; the proxies tinyproxy, squid, microsocks and dante.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Descriptor } from '../src/oci/descriptor.ts';
import { parseReference } from '../src/oci/reference.ts';
import { hostPath } from '../src/paths.ts';
import { credentialsFor } from '../src/registry/credentials.ts';
import { defaultRetryPolicy } from '../src/registry/retry.ts';
import { systemClock } from '../src/system/clock.ts';
import { proxyRules } from '../src/system/http-proxy.ts';
import { makeAuthority, skopeoCopy, startDockerRegistry } from './support/docker-registry.ts';
import { freePort, missing, Workshop } from './support/programs.ts';
import { startDante, startMicrosocks, startSquid, startTinyproxy } from './support/proxies.ts';
import {
  amd64,
  collect,
  failureOf,
  locate,
  noise,
  noSettings,
  openLab,
  password,
} from './support/registry-lab.ts';
import { startRegistry } from './support/registry-server.ts';

const absent = missing('docker-registry', 'skopeo', 'openssl', 'htpasswd');
const suite = (name: string, reason: string | undefined) =>
  reason === undefined
    ? describe
    : (_: string, body: () => void) => describe.skip(`${name} (${reason})`, body);

const shop = new Workshop();
const layer = gzipSync(noise(24 << 20, 'a layer'), { level: 1 });
const request = { repository: 'lab/tool', tag: '1', platform: amd64 };
let plain = { port: 0, url: '' };
let locked = { port: 0, url: '' };
let secure = { port: 0, url: '' };
const at = (path: string) => `${shop.directory}/${path}`;

/** Publishes in our own registry for two platforms, and has skopeo copy that to the real one. */
async function fill(): Promise<void> {
  const source = await startRegistry();
  const published = source.putBlob(layer);
  const { createHash } = await import('node:crypto');
  const diffId = `sha256:${createHash('sha256')
    .update(noise(24 << 20, 'a layer'))
    .digest('hex')}`;
  const manifests = ['amd64', 'arm64'].map((architecture) => {
    const config = { os: 'linux', architecture, config: {}, rootfs: { type: 'layers', diff_ids: [diffId] } };
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        ...source.putBlob(Buffer.from(JSON.stringify(config))),
      },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...published }],
    };
    const entry = source.putManifest('lab/tool', architecture, manifest);
    return { mediaType: manifest.mediaType, ...entry, platform: { os: 'linux', architecture } };
  });
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  source.putManifest('lab/tool', '1', index);
  const target = `docker://127.0.0.1:${plain.port}/lab/tool`;
  await skopeoCopy('--all', `docker://${source.host}/lab/tool:1`, `${target}:1`);
  await skopeoCopy('--format=v2s2', `docker://${source.host}/lab/tool:amd64`, `${target}:docker`);
  await source.close();
}

beforeAll(async () => {
  if (absent !== undefined) return;
  mkdirSync(at('registry'));
  plain = await startDockerRegistry(shop);
  writeFileSync(at('htpasswd'), shop.run('htpasswd', ['-Bbn', 'ann', 'se:cret']));
  locked = await startDockerRegistry(shop, { htpasswd: at('htpasswd') });
  makeAuthority(shop);
  const { port } = await startDockerRegistry(shop, { tls: true });
  secure = { port, url: `https://localhost:${port}` };
  await fill();
}, 120_000);
afterAll(() => shop.close());

async function pull(lab: ReturnType<typeof openLab>) {
  const image = await lab.registry.resolve(request);
  const blob = image.manifest.layers[0] as Descriptor;
  expect((await collect(await lab.registry.blobs('lab/tool').open(blob))).equals(layer)).toBe(true);
  return image;
}

suite('docker-registry', absent)('docker-registry', () => {
  test('an index, pushed by skopeo: image, layer, digest as skopeo sees it', async () => {
    const image = await pull(openLab(plain));
    const digest = shop.run('skopeo', [
      'inspect',
      '--tls-verify=false',
      '--format={{.Digest}}',
      `docker://127.0.0.1:${plain.port}/lab/tool:1`,
    ]);
    expect<string | undefined>(image.index?.digest).toBe(digest.trim());
    const blobs = openLab(plain).registry.blobs('lab/tool');
    const rest = await collect(await blobs.open(image.manifest.layers[0] as Descriptor, 20_000_000));
    expect(rest.equals(layer.subarray(20_000_000))).toBe(true);
  });

  test("Docker's manifest, tags, catalog", async () => {
    const { registry } = openLab(plain);
    const image = await registry.resolve({ ...request, tag: 'docker' });
    expect<string>(image.manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect((await registry.tags('lab/tool')).sort()).toEqual(['1', 'docker']);
    expect(await registry.catalog()).toEqual(['lab/tool']);
  });

  test('on loopback, a reference alone finds it over plain http', async () => {
    const { endpoint, repository } = locate(parseReference(`localhost:${plain.port}/lab/tool:1`), noSettings);
    const lab = openLab(plain, undefined, { endpoint });
    await lab.registry.resolve({ ...request, repository });
    expect(lab.events.map(({ kind }) => kind)).toContain('plain-http');
  });

  test('no such image, no such tag', async () => {
    const { registry } = openLab(plain);
    const fails = (repository: string, tag: string) =>
      failureOf(registry.resolve({ ...request, repository, tag }));
    expect(await fails('lab/none', '1')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await fails('lab/tool', 'none')).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no tag none'),
    });
  });

  test('killed in the middle of a blob and started again: the stream goes on', async () => {
    const other = new Workshop();
    const port = await freePort();
    // It serves the files of the others.
    symlinkSync(at('registry'), `${other.directory}/registry`);
    await startDockerRegistry(other, { port });
    const lab = openLab({ url: `http://127.0.0.1:${port}` }, undefined, {
      clock: systemClock,
      retry: { ...defaultRetryPolicy, attempts: 10, baseDelayMs: 50 },
    });
    const image = await lab.registry.resolve(request);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await lab.registry
      .blobs('lab/tool')
      .open(image.manifest.layers[0] as Descriptor)) {
      if (chunks.length === 0) {
        await other.close();
        setTimeout(() => void startDockerRegistry(shop, { port }), 300);
      }
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(layer)).toBe(true);
    expect(lab.events.filter(({ kind }) => kind === 'blob-resumed').length).toBeGreaterThan(0);
  });

  test('htpasswd: refused, accepted, checked', async () => {
    expect(await failureOf(openLab(locked).registry.resolve(request))).toMatchObject({ code: 'DENIED' });
    await pull(openLab(locked, password('ann', 'se:cret')));
    const { registry } = openLab(locked);
    expect((await registry.checkCredentials(password('ann', 'se:cret'))).kind).toBe('accepted');
    expect((await registry.checkCredentials(password('ann', 'wrong'))).kind).toBe('rejected');
    expect((await openLab(plain).registry.checkCredentials(password('ann', 'x'))).kind).toBe('not-needed');
  });

  test('a login made by skopeo is ours too', async () => {
    const file = at('auth.json');
    shop.run(
      'skopeo',
      [
        'login',
        `--authfile=${file}`,
        '--tls-verify=false',
        '-u',
        'ann',
        '--password-stdin',
        `127.0.0.1:${locked.port}`,
      ],
      'se:cret',
    );
    const { endpoint } = openLab(locked).registry;
    const credentials = credentialsFor(endpoint, {
      keystore: hostPath(at('none')),
      environment: { REGISTRY_AUTH_FILE: file },
    });
    await pull(openLab(locked, undefined, { credentials }));
  });

  test('TLS: the made CA is needed, and is enough', async () => {
    const untrusted = await failureOf(openLab(secure).registry.resolve(request));
    expect(untrusted).toMatchObject({ code: 'NETWORK', details: { failure: 'tls-untrusted' } });
    await pull(openLab(secure, undefined, {}, { environment: { NODE_EXTRA_CA_CERTS: at('ca.crt') } }));
    await pull(openLab(secure, undefined, {}, { environment: { SSL_CERT_FILE: at('ca.crt') } }));
    await pull(openLab(secure, undefined, {}, { insecure: true }));
  });

  test('a bad certificate is never a reason to go on in plain http', async () => {
    const reference = parseReference(`localhost:${secure.port}/lab/tool:1`);
    const { endpoint } = locate(reference, { ...noSettings, insecure: true });
    expect(endpoint.httpFallback).toBe(true);
    const lab = openLab(secure, undefined, { endpoint });
    expect(await failureOf(lab.registry.resolve(request))).toMatchObject({
      details: { failure: 'tls-untrusted' },
    });
    expect(lab.events).toEqual([]);
  });

  test('https asked of a plain server', async () => {
    const error = await failureOf(
      openLab({ url: `https://localhost:${plain.port}` }).registry.resolve(request),
    );
    expect(error).toMatchObject({
      details: { failure: 'not-tls' },
      hint: expect.stringContaining('http://'),
    });
  });

  test('plain http asked of a TLS server', async () => {
    const error = await failureOf(
      openLab({ url: `http://localhost:${secure.port}` }).registry.resolve(request),
    );
    expect(error).toMatchObject({
      message: expect.stringContaining('https'),
      hint: expect.stringContaining('https://'),
    });
  });
});

const throughProxy = (url: string, environment = {}) => ({
  proxies: proxyRules(url, environment),
  environment: { NODE_EXTRA_CA_CERTS: at('ca.crt') },
});
const pullBoth = async (proxy: string) => {
  await pull(openLab(plain, undefined, {}, throughProxy(proxy)));
  await pull(openLab(secure, undefined, {}, throughProxy(proxy)));
};

suite('tinyproxy', absent ?? missing('tinyproxy'))('tinyproxy', () => {
  test('http and https, with a login; refusals', async () => {
    const port = await startTinyproxy(shop, ['bob', 'builder'], secure.port);
    await pullBoth(`http://bob:builder@127.0.0.1:${port}`);
    expect(readFileSync(at('tinyproxy.log'), 'utf8')).toContain(`CONNECT localhost:${secure.port}`);
    for (const target of [plain, secure]) {
      const wrong = openLab(target, undefined, {}, throughProxy(`http://bob:nonsense@127.0.0.1:${port}`));
      expect(await failureOf(wrong.registry.resolve(request))).toMatchObject({
        details: { failure: 'proxy-login' },
      });
    }
    const elsewhere = openLab(
      { url: `https://localhost:${plain.port}` },
      undefined,
      {},
      throughProxy(`http://bob:builder@127.0.0.1:${port}`),
    );
    expect(await failureOf(elsewhere.registry.resolve(request))).toMatchObject({
      details: { failure: 'proxy-refused' },
    });
    const around = throughProxy('http://127.0.0.1:1', { no_proxy: '127.0.0.1' });
    await pull(openLab(plain, undefined, {}, around));
  });
});

suite('squid', absent ?? missing('squid'))('squid', () => {
  test('http and https', async () => {
    const port = await startSquid(shop);
    await pullBoth(`http://127.0.0.1:${port}`);
  });
});

suite('microsocks', absent ?? missing('microsocks'))('microsocks', () => {
  test('SOCKS5 with a login, names looked up here or there; refusals', async () => {
    const port = await startMicrosocks(shop, ['bob', 'builder']);
    await pullBoth(`socks5://bob:builder@127.0.0.1:${port}`);
    await pullBoth(`socks5h://bob:builder@127.0.0.1:${port}`);
    const wrong = openLab(plain, undefined, {}, throughProxy(`socks5://bob:nonsense@127.0.0.1:${port}`));
    expect(await failureOf(wrong.registry.resolve(request))).toMatchObject({
      details: { failure: 'proxy-login' },
    });
    const closed = openLab(
      { url: 'http://127.0.0.1:1' },
      undefined,
      {},
      throughProxy(`socks5://bob:builder@127.0.0.1:${port}`),
    );
    expect(await failureOf(closed.registry.resolve(request))).toMatchObject({
      details: { failure: 'proxy-refused' },
    });
  });
});

suite('dante', absent ?? missing('danted'))('dante', () => {
  test('SOCKS4', async () => {
    const port = await startDante(shop);
    await pullBoth(`socks4://127.0.0.1:${port}`);
  });
});
