import { expect, test } from 'bun:test';
import { systemClock } from '../system/clock.ts';
import { retryAfter } from './retry.ts';

const at = (text: string, now: number) =>
  retryAfter({ headers: new Map([['retry-after', [text]]]) }, { ...systemClock, now: () => now });
const now = Date.parse('2026-03-01T12:00:00Z');

test.each<[string, number | undefined]>([
  ['0', 0],
  ['120', 120_000],
  [' 5 ', 5000],
  ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
])('Retry-After: %s', (text, expected) => {
  expect(at(text, now)).toBe(expected as number);
});
