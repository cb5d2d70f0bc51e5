/** The configuration may not know engines, so it lists the names of modes itself: the lists must be one. */
import { expect, test } from 'bun:test';
import { modeNames as configured } from '../src/config/settings.ts';
import { modeNames } from '../src/engines/modes.ts';

test('configuration and engines know the same modes', () => {
  expect<readonly string[]>(configured).toEqual(modeNames);
});
