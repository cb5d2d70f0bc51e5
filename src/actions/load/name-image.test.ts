import { expect, test } from 'bun:test';
import { parseDigest } from '../../oci/digest.ts';
import { formatReference } from '../../oci/reference.ts';
import { namesOf, parseWishedName } from './name-image.ts';

const digest = parseDigest(`sha256:0123456789abcdef${'0'.repeat(48)}`);

test.each([
  [['docker.io/library/a:1'], undefined, ['a:1']],
  [['quay.io:5000/x/y:1', 'b/c'], undefined, ['quay.io:5000/x/y:1', 'b/c:latest']],
  [['tag.only'], undefined, ['0123456789abcdef:tag.only']],
  [[], undefined, ['0123456789abcdef:latest']],
  [['a:1', 'b:2', 'c:2'], 'new/name', ['new/name:1', 'new/name:2']],
  [['a:1', 'b:2'], 'h:5000/n:3', ['h:5000/n:3']],
  [[], 'h:5000/n', ['h:5000/n:latest']],
])('%j, wished %p: %j', (names, wished, expected) => {
  const wish = wished === undefined ? undefined : parseWishedName(wished);
  expect(namesOf(names, wish, digest, 'the archive x').map(formatReference)).toEqual(expected);
});

test('impossible names and digests are refused', () => {
  expect(() => namesOf(['A/B:1'], undefined, digest, 'the archive x')).toThrow('impossible name');
  expect(() => parseWishedName(`a@${digest}`)).toThrow('the digest of a loaded image is its own');
});
