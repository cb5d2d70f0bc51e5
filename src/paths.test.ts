import { expect, test } from 'bun:test';
import { guestPath, hostPath, nameOf, parentOf, under } from './paths.ts';

test.each([
  ['/a/../../b/', '/b'],
  ['', '/'],
  ['../..', '/'],
  ['x/./y', '/x/y'],
])('guestPath(%j) is %j: `..` stops at the root', (text, expected) => {
  expect(guestPath(text) as string).toBe(expected);
});

test('relative paths are taken from their base', () => {
  expect(guestPath('b', guestPath('/a')) as string).toBe('/a/b');
  expect(hostPath('b', hostPath('/a')) as string).toBe('/a/b');
  expect(() => hostPath('b')).toThrow(/not an absolute host path/);
});

test('taking apart and putting together', () => {
  expect(under(hostPath('/a'), 'b', 'c') as string).toBe('/a/b/c');
  expect(parentOf(hostPath('/a/b')) as string).toBe('/a');
  expect(nameOf(guestPath('/a/b'))).toBe('b');
});
