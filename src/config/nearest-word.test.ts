import { expect, test } from 'bun:test';
import { nearestWord } from './nearest-word.ts';

const known = ['pull', 'ps', 'create', 'rename', 'images'];

test.each([
  ['pul', 'pull'],
  ['plul', 'pull'],
  ['image', 'images'],
  ['cerate', 'create'],
  ['p', 'ps'],
  ['PS', 'ps'],
  ['CREATE', 'create'],
  ['frobnicate', undefined],
  ['', undefined],
])('%s -> %s', (word, expected) => {
  expect(nearestWord(word, known)).toBe(expected);
});
