import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { asUnprivileged, type Child, startChild, temporaryDirectory } from '../../test/support/store.ts';
import { type HostPath, under } from '../paths.ts';
import { acquireLock, tryLock } from './lock.ts';
import type { LockMode } from './lock-ticket.ts';
import { liveTicketAgainst, tryTicket } from './lock-ticket.ts';

let directory: HostPath;
let path: HostPath;
let children: Child[] = [];
beforeEach(() => {
  directory = temporaryDirectory();
  path = under(directory, '.lock');
});
afterEach(async () => {
  for (const child of children) await child.kill();
  children = [];
  rmSync(directory, { recursive: true });
});

async function other(kind: 'lock' | 'ticket', mode: LockMode): Promise<Child> {
  const child = startChild(kind, path, mode);
  children.push(child);
  await child.said('locked');
  return child;
}

for (const kind of ['lock', 'ticket'] as const) {
  test(`another process's exclusive ${kind} keeps us out until it is killed`, async () => {
    const child = await other(kind, 'exclusive');
    expect(tryLock(path, 'exclusive')).toBe('busy');
    expect(tryLock(path, 'shared')).toBe('busy');
    await child.kill();
    const lock = tryLock(path, 'exclusive');
    expect(lock).toBeObject();
    if (typeof lock === 'object') lock.release();
    expect(readdirSync(directory)).toEqual(['.lock']);
  });

  test(`shared ${kind}s are shared, and keep an exclusive one out`, async () => {
    await other(kind, 'shared');
    const mine = tryLock(path, 'shared');
    expect(mine).toBeObject();
    expect(tryLock(path, 'exclusive')).toBe('busy');
    if (typeof mine === 'object') mine.release();
  });
}

test('waiting ends when the holder dies, and is reported once after a second', async () => {
  const child = await other('lock', 'exclusive');
  let reports = 0;
  const waiting = acquireLock(path, 'exclusive', { onWait: () => (reports += 1) });
  await Bun.sleep(1500);
  await child.kill();
  (await waiting)?.release();
  expect(reports).toBe(1);
});

test('time can be limited', async () => {
  await other('lock', 'exclusive');
  const attempt = acquireLock(path, 'exclusive', { timeoutMs: 50, purpose: 'the test' });
  expect(attempt).rejects.toMatchObject({ code: 'STORAGE', message: expect.stringContaining('the test') });
  await attempt.catch(() => undefined);
});

test('a lock file that is removed and made anew is locked anew', () => {
  const first = tryLock(path, 'exclusive');
  rmSync(path);
  const second = tryLock(path, 'exclusive');
  expect(second).toBeObject();
  expect(tryLock(path, 'shared')).toBe('busy');
  for (const lock of [first, second]) if (typeof lock === 'object') lock.release();
});

test('two tickets of one process exclude each other too', () => {
  const first = tryTicket(path, 'exclusive');
  expect(tryTicket(path, 'exclusive')).toBeUndefined();
  first?.release();
  const again = tryTicket(path, 'exclusive');
  expect(again).toBeDefined();
  again?.release();
  expect(readdirSync(directory)).toEqual([]);
});

test('a ticket of another host stands while its heart beats, and no longer', () => {
  const ticket = under(directory, '.lock.exclusive.elsewhere~0badcafe~77~1~1');
  writeFileSync(ticket, '');
  expect(liveTicketAgainst(path, 'shared')).toBe(true);
  const long = new Date(Date.now() - 3_600_000);
  utimesSync(ticket, long, long);
  expect(liveTicketAgainst(path, 'shared')).toBe(false);
  expect(readdirSync(directory)).toEqual([]);
});

test('where nothing can be written there is no lock, and that is said', async () => {
  await asUnprivileged(directory, () => {
    chmodSync(directory, 0o555);
    expect(tryLock(path, 'exclusive')).toBe('unavailable');
    expect(tryLock(path, 'shared')).toBe('unavailable');
  });
});
