import { expect, test } from 'bun:test';
import { formatArchiveManifest, parseArchiveManifest } from './docker-archive.ts';

const parse = (text: string) => parseArchiveManifest(new TextEncoder().encode(text), 'the archive x');

test('lists may be missing or null', () => {
  expect(parse('[{"Config":"c.json","RepoTags":null,"Other":1}]')).toEqual([
    { config: 'c.json', repoTags: [], layers: [] },
  ]);
});

test('what is written is read again', () => {
  const images = [
    { config: 'c.json', repoTags: ['a:1', 'b:2'], layers: ['1/layer.tar'] },
    { config: 'd.json', repoTags: [], layers: [] },
  ];
  expect(parse(formatArchiveManifest(images))).toEqual(images);
});

test.each([
  ['{', 'not a JSON document'],
  ['{}', 'the list of images is malformed'],
  ['[{"Config":1}]', '0.Config is malformed'],
  ['[{"Config":"c","Layers":[2]}]', '0.Layers.0 is malformed'],
])('%s is refused', (text, why) => {
  expect(() => parse(text)).toThrow(why);
});
