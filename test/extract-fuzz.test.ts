/**
 * Random damage to archives: whatever comes of it, nothing beside the root is touched, the error (if any) is ours, and
 * it ends. A failure prints its seed; UDOCKER_FUZZ_SEED repeats it, UDOCKER_FUZZ_ROUNDS makes it longer.
 */

import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { UdockerError } from '../src/errors.ts';
import { Sandbox } from './support/extraction.ts';
import { gnuLong, type Item, paxItem, tar, tarItem } from './support/tar-writer.ts';

const rounds = Number(process.env.UDOCKER_FUZZ_ROUNDS ?? 300);
const start = Number(process.env.UDOCKER_FUZZ_SEED ?? Date.now() % 1_000_000);

/** Numbers from 0 to below `limit`, the same for the same seed (mulberry32). */
function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const safe = ['a', 'b', 'canary', '.', '', 'outside', 'root', '.wh.a', '.wh..wh..opq', '.wh.canary'];
const hostile = [...safe, '..', '..', '.wh...'];
const usual = [...'00000022225555136'];
const odd = [...usual, ...'SDxLgKQ'];

function randomItem(roll: (limit: number) => number, outside: string): Item {
  const from = (names: readonly string[]): string =>
    Array.from({ length: 1 + roll(4) }, () => names[roll(names.length)]).join('/');
  // Names rarely climb, which would end the archive there; where links lead is free.
  const path = (): string => `r/${from(roll(20) === 0 ? hostile : safe)}`.slice(roll(4) === 0 ? 0 : 2) || 'a';
  const target = (): string => (roll(6) === 0 ? `${outside}/canary` : '../'.repeat(roll(4)) + from(hostile));
  const types = roll(10) === 0 ? odd : usual;
  const type = types[roll(types.length)] ?? '0';
  const long = { pax: [['path', path()] as const, ['linkpath', target()] as const] };
  return {
    name: path(),
    type,
    linkName: type === '1' ? path() : target(),
    content: '0SDxLgK'.includes(type) ? 'x'.repeat(roll(1500)) : '',
    mode: roll(0o10000),
    uid: roll(3),
    ...(roll(6) === 0 && type !== '1' ? long : {}),
    ...(roll(50) === 0 ? { size: roll(1 << 30) } : {}),
  };
}

function randomArchive(roll: (limit: number) => number, outside: string): Buffer {
  const items = Array.from({ length: 1 + roll(12) }, () => randomItem(roll, outside));
  const extra = [
    gnuLong('K', `${outside}/canary`),
    gnuLong('L', '../'.repeat(roll(90))),
    paxItem('g', [['uid', '1']]),
  ];
  const archive =
    roll(3) === 0 ? Buffer.concat([extra[roll(3)] ?? Buffer.alloc(0), tar(...items)]) : tar(...items);
  for (let flips = roll(3); flips > 0; flips--) {
    const at = roll(archive.length);
    archive[at] = roll(256);
    if (roll(8) !== 0) mendChecksum(archive, at - (at % 512));
  }
  const cut = roll(8) === 0 ? archive.subarray(0, roll(archive.length)) : archive;
  const blob = roll(4) === 0 ? gzipSync(cut) : Buffer.from(cut);
  if (blob[0] === 0x1f && roll(9) === 0) blob[roll(blob.length)] = roll(256);
  return blob;
}

function mendChecksum(archive: Buffer, block: number): void {
  archive.fill(0x20, block + 148, block + 156);
  const sum = archive.subarray(block, block + 512).reduce((total, byte) => total + byte, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, block + 148, 'latin1');
}

test(`${rounds} damaged archives from seed ${start}`, async () => {
  let accepted = 0;
  for (let seed = start; seed < start + rounds; seed++) {
    using box = new Sandbox();
    const roll = dice(seed);
    const outside = `${box.path}/outside`;
    const layers = Array.from({ length: 1 + roll(3) }, () => randomArchive(roll, outside));
    const before = performance.now();
    const outcome = await box.apply(layers, { work: 'inline' }).then(
      () => 'accepted',
      (error: unknown) => error,
    );
    const internal = !(
      outcome === 'accepted' ||
      (outcome instanceof UdockerError && outcome.code !== 'INTERNAL')
    );
    if (internal || !box.canaryLives() || performance.now() - before > 5000) {
      throw new Error(`seed ${seed}: canary ${box.canaryLives()}, ${String(outcome)}`, { cause: outcome });
    }
    if (outcome === 'accepted') accepted += 1;
  }
  expect(accepted).toBeGreaterThan(rounds / 50); // else nothing but the first checksum is tested
}, 600_000);

test('the canary of these tests does notice', async () => {
  using box = new Sandbox();
  await box.apply([tarItem({ name: 'x', content: '' })], { root: `${box.path}/outside` as typeof box.root });
  expect(box.canaryLives()).toBe(false);
});
