import { describe, expect, test } from 'bun:test';
import { choosePlatform, type ImageIndex, parseDocument } from './manifest.ts';
import { parsePlatform } from './platform.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('c'), size: 7 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('1'), size: 100 };
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

function entry(platform: string | undefined, digit: string, extra: object = {}): object {
  const [os, architecture, variant] = platform?.split('/') ?? [];
  const named =
    platform === undefined ? {} : { platform: { os, architecture, ...(variant ? { variant } : {}) } };
  return { mediaType: manifestType, digest: digest(digit), size: 5, ...named, ...extra };
}

function index(...manifests: object[]): ImageIndex {
  const document = parseDocument(bytes({ schemaVersion: 2, manifests }), '', 'lab/x:1');
  if (document.kind !== 'index') throw new Error('not an index');
  return document;
}

describe('parseDocument', () => {
  test('an OCI manifest, known by its shape when the registry sends a generic type', () => {
    const document = parseDocument(
      bytes({ schemaVersion: 2, config, layers: [layer] }),
      'application/json',
      'x',
    );
    expect(document).toMatchObject({ kind: 'manifest', mediaType: manifestType, layers: [layer] });
  });

  test("the document's own media type wins over the transport's", () => {
    const own = {
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
      manifests: [],
    };
    expect(parseDocument(bytes(own), manifestType, 'x').kind).toBe('index');
  });

  test('annotations that are null, as some builders write them', () => {
    const nulled = { ...layer, annotations: null };
    expect(parseDocument(bytes({ schemaVersion: 2, config, layers: [nulled] }), '', 'x').kind).toBe(
      'manifest',
    );
  });

  test.each([
    ['text', new TextEncoder().encode('<html>'), /not a JSON document/],
    ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe]), /not a JSON document/],
    ['a list', bytes([]), /neither an image manifest nor an index/],
    ['schema 1', bytes({ schemaVersion: 1, name: 'x' }), /schema 1/],
    [
      'a bad digest',
      bytes({ schemaVersion: 2, config: { ...config, digest: 'sha256:../..' }, layers: [] }),
      /config\.digest/,
    ],
    [
      'a negative size',
      bytes({ schemaVersion: 2, config, layers: [{ ...layer, size: -1 }] }),
      /layers\.0\.size/,
    ],
    [
      'a fractional size',
      bytes({ schemaVersion: 2, config, layers: [{ ...layer, size: 1.5 }] }),
      /layers\.0\.size/,
    ],
    ['no layers', bytes({ schemaVersion: 2, mediaType: manifestType, config }), /layers/],
  ])('refuses %s', (_, document, why) => {
    expect(() => parseDocument(document, '', 'lab/x:1')).toThrow(why);
    expect(() => parseDocument(document, '', 'lab/x:1')).toThrow(/lab\/x:1/);
  });
});

describe('choosePlatform', () => {
  const many = index(
    entry('linux/amd64', '1'),
    entry('linux/arm64/v8', '2'),
    entry('linux/arm/v6', '3'),
    entry('linux/arm/v7', '4'),
    entry('unknown/unknown', '5', { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
  );

  test.each([
    ['linux/amd64', '1'],
    ['linux/x86_64', '1'],
    ['aarch64', '2'],
    ['linux/arm/v7', '4'],
    ['linux/arm/v6', '3'],
    ['linux/arm/v5', undefined],
    ['linux/s390x', undefined],
    ['windows/amd64', undefined],
  ])('%s', (wanted, digit) => {
    const choose = () => choosePlatform(many, parsePlatform(wanted), 'lab/x:1').digest as string;
    if (digit === undefined) expect(choose).toThrow(/none is for .*; offered: linux\/amd64, linux\/arm64/);
    else expect(choose()).toBe(digest(digit));
  });

  test('arm v7 runs v6 when nothing better is offered', () => {
    const older = index(entry('linux/arm/v5', '1'), entry('linux/arm/v6', '2'));
    expect(choosePlatform(older, parsePlatform('linux/arm/v7'), 'x').digest as string).toBe(digest('2'));
  });

  test('an exact variant beats an entry without one', () => {
    const both = index(entry('linux/arm', '1'), entry('linux/arm/v7', '2'));
    expect(choosePlatform(both, parsePlatform('linux/arm/v7'), 'x').digest as string).toBe(digest('2'));
  });

  test('an entry that names no platform serves when nothing better does; artifacts do not', () => {
    const plain = index(entry(undefined, '1'), {
      ...entry('linux/amd64', '2'),
      mediaType: 'application/vnd.some.artifact',
    });
    expect(choosePlatform(plain, parsePlatform('linux/amd64'), 'x').digest as string).toBe(digest('1'));
  });
});
