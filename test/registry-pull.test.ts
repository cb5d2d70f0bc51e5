/** The registry client against the test registry: names to images, blobs, lists; with everything that goes wrong. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { Descriptor } from '../src/oci/descriptor.ts';
import { parseDigest } from '../src/oci/digest.ts';
import { parsePlatform } from '../src/oci/platform.ts';
import { amd64, collect, failureOf, openLab, publishImage } from './support/registry-lab.ts';
import { type RegistryServer, type RegistryServerOptions, startRegistry } from './support/registry-server.ts';

const open: RegistryServer[] = [];
async function start(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const server = await startRegistry(options);
  open.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

const repository = 'lab/tool';
const request = { repository, tag: '1', platform: amd64 };
const index = 'application/vnd.oci.image.index.v1+json';
const entry = (image: { digest: string; size: number }, platform?: object) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: image.digest,
  size: image.size,
  ...(platform === undefined ? {} : { platform }),
});

describe('resolve', () => {
  test('a manifest: bytes as received, digest of them, and the configuration', async () => {
    const server = await start();
    const image = publishImage(server, repository, '1');
    const found = await openLab(server).registry.resolve(request);
    expect<string>(found.descriptor.digest).toBe(image.digest);
    expect(JSON.parse(Buffer.from(found.bytes).toString())).toEqual(image.manifest);
    expect(JSON.parse(Buffer.from(found.config).toString()).architecture).toBe('amd64');
    expect(found.index).toBeUndefined();
  });

  test('by digest, whatever the tag says', async () => {
    const server = await start();
    const image = publishImage(server, repository, undefined);
    const digest = parseDigest(image.digest);
    const found = await openLab(server).registry.resolve({ ...request, tag: 'none', digest });
    expect(found.descriptor.digest).toBe(digest);
  });

  test('an index, one index inside another, attestations passed over', async () => {
    const server = await start();
    const [x, a] = [
      publishImage(server, repository, undefined),
      publishImage(server, repository, undefined, { architecture: 'arm64' }),
    ];
    const inner = server.putManifest(repository, undefined, {
      schemaVersion: 2,
      mediaType: index,
      manifests: [
        entry(a, { os: 'unknown', architecture: 'unknown' }),
        entry(a, { os: 'linux', architecture: 'arm64', variant: 'v8' }),
        entry(x, { os: 'linux', architecture: 'amd64' }),
      ],
    });
    const outer = { schemaVersion: 2, mediaType: index, manifests: [{ ...entry(inner), mediaType: index }] };
    const top = server.putManifest(repository, '1', outer);
    const lab = openLab(server);
    const forAmd = await lab.registry.resolve(request);
    const forArm = await lab.registry.resolve({ ...request, platform: parsePlatform('linux/arm64') });
    expect<string>(forAmd.descriptor.digest).toBe(x.digest);
    expect<string>(forArm.descriptor.digest).toBe(a.digest);
    expect<string | undefined>(forAmd.index?.digest).toBe(top.digest);
  });

  test('an index that holds itself ends with an error', async () => {
    const server = await start();
    const loop = { schemaVersion: 2, mediaType: index, manifests: [] as object[] };
    const image = publishImage(server, repository, undefined);
    let inner = server.putManifest(repository, undefined, { ...loop, manifests: [entry(image)] });
    for (let i = 0; i < 6; i += 1) {
      const manifests = [{ ...entry(inner), mediaType: index }];
      inner = server.putManifest(repository, i === 5 ? '1' : undefined, {
        ...loop,
        manifests,
        annotations: { i: `${i}` },
      });
    }
    const error = await failureOf(openLab(server).registry.resolve(request));
    expect(error).toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('indexes, one inside the other'),
    });
  });

  test('no image for the platform: names it and what there is', async () => {
    const server = await start();
    const image = publishImage(server, repository, undefined, { architecture: 'arm64' });
    const platform = { os: 'linux', architecture: 'arm64' };
    server.putManifest(repository, '1', {
      schemaVersion: 2,
      mediaType: index,
      manifests: [entry(image, platform)],
    });
    const error = await failureOf(openLab(server).registry.resolve(request));
    expect(error).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/linux\/amd64.*linux\/arm64/),
    });
  });

  test('a lone image for another platform is refused, unless that one is asked for', async () => {
    const server = await start();
    publishImage(server, repository, '1', { architecture: 'arm64' });
    const { registry } = openLab(server);
    const error = await failureOf(registry.resolve(request));
    expect(error).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/linux\/arm64.*linux\/amd64/),
      hint: 'to take it nevertheless: --platform=linux/arm64',
    });
    await registry.resolve({ ...request, platform: parsePlatform('linux/arm64') });
  });

  test('schema 1, artifacts, and what is no JSON have their own words', async () => {
    const server = await start();
    const old = { schemaVersion: 1, name: 'x', tag: '1', fsLayers: [], history: [] };
    server.putManifest(repository, 'old', old, 'application/vnd.docker.distribution.manifest.v1+prettyjws');
    server.putManifest(repository, 'bad', Buffer.from('{"schemaVersion":2,'));
    const config = server.putBlob(Buffer.from('{}'));
    const chart = { mediaType: 'application/vnd.cncf.helm.config.v1+json', ...config };
    server.putManifest(repository, 'chart', { schemaVersion: 2, config: chart, layers: [] });
    const { registry } = openLab(server);
    const failure = (tag: string) => failureOf(registry.resolve({ ...request, tag }));
    expect(await failure('old')).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('schema 1'),
    });
    expect(await failure('bad')).toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('not a JSON'),
    });
    expect(await failure('chart')).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('helm'),
    });
  });

  test('a manifest that is not what was announced or asked for', async () => {
    const server = await start();
    const image = publishImage(server, repository, '1');
    const { registry } = openLab(server);
    server.fault({ match: /manifests\/1/, fault: { kind: 'flipped' } });
    expect(await failureOf(registry.resolve(request))).toMatchObject({
      code: 'INTEGRITY',
      message: expect.stringContaining('announced'),
    });
    server.fault({ match: /manifests\/sha256/, fault: { kind: 'flipped' } });
    const digest = parseDigest(image.digest);
    const byDigest = await failureOf(registry.resolve({ ...request, digest }));
    expect(byDigest).toMatchObject({ code: 'INTEGRITY', message: expect.stringContaining('asked for') });
  });

  test('a configuration with a wrong digest', async () => {
    const server = await start();
    publishImage(server, repository, '1');
    server.fault({ match: /blobs/, fault: { kind: 'flipped' } });
    expect(await failureOf(openLab(server).registry.resolve(request))).toMatchObject({ code: 'INTEGRITY' });
  });

  test('an endless manifest is not read to its end', async () => {
    const server = await start();
    publishImage(server, repository, '1');
    server.fault({ match: /manifests/, fault: { kind: 'too-much', extra: 20 << 20 } });
    const error = await failureOf(openLab(server).registry.resolve(request));
    expect(error).toMatchObject({ code: 'INVALID', message: expect.stringContaining('larger than') });
  });
});

describe('blobs', () => {
  async function withBlob(size = 3_000_000, options: RegistryServerOptions = {}) {
    const server = await start(options);
    const image = publishImage(server, repository, '1', { size });
    const layer = image.manifest.layers[0];
    if (layer === undefined) throw new Error('no layer');
    const blob = layer as unknown as Descriptor;
    const lab = openLab(server);
    return { server, blob, layer: image.layer, lab, source: lab.registry.blobs(repository) };
  }
  const match = /GET .*(?:blobs|data)\//;

  test('whole, from an offset, and from the end', async () => {
    const { blob, layer, source } = await withBlob();
    expect(await collect(await source.open(blob))).toEqual(Buffer.from(layer));
    expect(await collect(await source.open(blob, 1_000_001))).toEqual(Buffer.from(layer.subarray(1_000_001)));
    expect(await collect(await source.open(blob, blob.size))).toHaveLength(0);
  });

  test('progress is reported up to the size', async () => {
    const { blob, lab, source } = await withBlob();
    await collect(await source.open(blob, 500));
    const progress = lab.events.filter((event) => event.kind === 'blob-progress');
    expect(progress.at(-1)).toEqual({
      kind: 'blob-progress',
      digest: blob.digest,
      received: blob.size,
      size: blob.size,
    });
  });

  test('cut in the middle, twice: continued with Range', async () => {
    const { server, blob, layer, lab, source } = await withBlob();
    server.fault({ match, fault: { kind: 'cut', after: 1_200_000 }, times: 2 });
    expect(await collect(await source.open(blob))).toEqual(Buffer.from(layer));
    const resumed = lab.events.filter((event) => event.kind === 'blob-resumed');
    expect(resumed).toHaveLength(2);
    expect(resumed.every((event) => event.ranges)).toBe(true);
    const ranges = server.log.map(({ headers }) => headers.range).filter((range) => range !== undefined);
    expect(ranges).toEqual(resumed.map((event) => `bytes=${event.offset}-`));
  });

  test('a body without length that ends too early is continued too', async () => {
    const { server, blob, layer, source } = await withBlob();
    server.fault({ match, fault: { kind: 'short-chunked', after: 100_000 } });
    expect(await collect(await source.open(blob))).toEqual(Buffer.from(layer));
  });

  test('a server that ignores Range: the known bytes are skipped', async () => {
    const { server, blob, layer, lab, source } = await withBlob();
    server.fault({ match, fault: { kind: 'cut', after: 700_000 } });
    server.fault({ match, fault: { kind: 'no-range' } });
    expect(await collect(await source.open(blob))).toEqual(Buffer.from(layer));
    expect(lab.events.filter((event) => event.kind === 'blob-resumed')).toMatchObject([{ ranges: false }]);
  });

  test('a server that answers with another range is asked for everything', async () => {
    const { server, blob, layer, source } = await withBlob();
    server.fault({ match, fault: { kind: 'wrong-range' } });
    expect(await collect(await source.open(blob, 123))).toEqual(Buffer.from(layer.subarray(123)));
  });

  test('cut again and again without progress: given up after the last attempt', async () => {
    const { server, blob, lab, source } = await withBlob();
    server.fault({ match, fault: { kind: 'cut', after: 0 }, times: 100 });
    const error = await failureOf(source.open(blob).then(collect));
    expect(error).toMatchObject({ code: 'NETWORK', details: { failure: 'cut' } });
    expect(lab.events.filter((event) => event.kind === 'retrying')).toHaveLength(5);
  });

  test('silence in the middle counts as a cut', async () => {
    const { server, blob, layer } = await withBlob();
    server.fault({ match, fault: { kind: 'stalled', after: 100_000 } });
    const lab = openLab(server, undefined, {}, { idleTimeoutMs: 150 });
    expect(await collect(await lab.registry.blobs(repository).open(blob))).toEqual(Buffer.from(layer));
    expect(lab.events.find((event) => event.kind === 'retrying')).toMatchObject({
      reason: expect.stringContaining('sent nothing for 0.15 s'),
    });
  });

  test('a slow server is not a silent one', async () => {
    const { server, blob, layer } = await withBlob(100_000);
    server.fault({ match, fault: { kind: 'slow', pieces: 8, delayMs: 60 } });
    const lab = openLab(server, undefined, {}, { idleTimeoutMs: 300 });
    expect(await collect(await lab.registry.blobs(repository).open(blob))).toEqual(Buffer.from(layer));
    expect(lab.events.filter((event) => event.kind === 'retrying')).toEqual([]);
  });

  test('a blob that the registry holds incompletely, or that never ends', async () => {
    const { server, blob, source } = await withBlob();
    server.fault({ match, fault: { kind: 'truncated', after: 1000 } });
    expect(await failureOf(source.open(blob).then(collect))).toMatchObject({
      code: 'INTEGRITY',
      message: expect.stringContaining('1000 bytes where the manifest says 3000000'),
    });
    server.fault({ match, fault: { kind: 'too-much', extra: 1 } });
    expect(await failureOf(source.open(blob).then(collect))).toMatchObject({ code: 'INTEGRITY' });
    const longer = { ...blob, size: blob.size + 10 };
    expect(await failureOf(source.open(longer, blob.size).then(collect))).toMatchObject({
      code: 'INTEGRITY',
    });
  });

  test('redirects to storage carry no credentials, also when resumed', async () => {
    const { server, blob, layer, source } = await withBlob(2_000_000, { storage: true });
    server.fault({ match, server: 'storage', fault: { kind: 'cut', after: 600_000 } });
    server.fault({ match, server: 'storage', fault: { kind: 'status', status: 503 } });
    expect(await collect(await source.open(blob))).toEqual(Buffer.from(layer));
    expect(server.violations).toEqual([]);
    expect(server.log.filter((entry) => entry.server === 'storage').length).toBe(3);
  });

  test('a layer that may not be distributed, and one that is lost', async () => {
    const server = await start();
    publishImage(server, repository, '1');
    const digest = parseDigest(`sha256:${'0'.repeat(64)}`);
    const source = openLab(server).registry.blobs(repository);
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const open = (mediaType: string) =>
      failureOf(source.open({ mediaType, digest, size: 5 } as unknown as Descriptor));
    expect(await open(foreign)).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('may not be distributed'),
    });
    expect(await open('x')).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('has lost'),
    });
  });
});

describe('lists', () => {
  test('tags and repositories over several pages', async () => {
    const server = await start({ pageSize: 2 });
    for (const tag of ['1', '2', '3', '4', '5']) publishImage(server, repository, tag);
    publishImage(server, 'lab/other', '1');
    publishImage(server, 'lab/third', '1');
    const { registry } = openLab(server);
    expect(await registry.tags(repository)).toEqual(['1', '2', '3', '4', '5']);
    expect(await registry.catalog()).toEqual(['lab/other', 'lab/third', 'lab/tool']);
  });

  test('no such image, no catalog, an empty list, pages without end', async () => {
    const server = await start();
    publishImage(server, repository, '1');
    const { registry } = openLab(server);
    expect(await failureOf(registry.tags('lab/none'))).toMatchObject({ code: 'NOT_FOUND' });
    server.fault({ match: /_catalog/, fault: { kind: 'status', status: 404 } });
    expect(await failureOf(registry.catalog())).toMatchObject({ code: 'UNSUPPORTED' });
    server.fault({ match: /tags/, fault: { kind: 'status', status: 200, body: '{"name":"x","tags":null}' } });
    expect(await registry.tags(repository)).toEqual([]);
    const link = { link: '</v2/lab/tool/tags/list?n=1>; rel="next"' };
    server.fault({ match: /tags/, times: 5, fault: { kind: 'headers', headers: link } });
    expect(await failureOf(registry.tags(repository))).toMatchObject({ code: 'INVALID' });
  });
});
