import { expect, test } from 'bun:test';
import { type Account, missingLines, parseAccounts, resolveUser } from './accounts.ts';
import { parseUser } from './parse-user.ts';

const accounts = parseAccounts(
  'root:x:0:0:root:/root:/bin/sh\nbroken line\nwww:x:33:33::/var/www:\nodd:x:5000:x\ndev:x:1000:100::/home/dev:/bin/sh\n',
  'root:x:0:\nwww:x:33:dev\nusers:x:100:dev\nwheel:x:10:dev,www\n:::\n',
);
const self: Account = { name: 'me', uid: 1500, gid: 1600, home: '/home/me' };

test.each([
  ['root', 0, 0, [], 'root', '/root'],
  ['0', 0, 0, [], 'root', '/root'],
  ['dev', 1000, 100, [33, 10], 'dev', '/home/dev'],
  ['1000', 1000, 100, [33, 10], 'dev', '/home/dev'],
  ['dev:www', 1000, 33, [], 'dev', '/home/dev'],
  ['dev:7', 1000, 7, [], 'dev', '/home/dev'],
  ['4711', 4711, 0, [], 'u4711', '/'],
  ['4711:10', 4711, 10, [], 'u4711', '/'],
  ['1500', 1500, 1600, [], 'me', '/'],
  ['me', 1500, 1600, [], 'me', '/'],
] as const)('%s', (text, uid, gid, groups, name, home) => {
  expect(resolveUser(parseUser(text), accounts, self) as unknown).toEqual({ uid, gid, groups, name, home });
});

test('a name without entry is an error that names it', () => {
  expect(() => resolveUser(parseUser('ghost'), accounts, self)).toThrow('"ghost" in /etc/passwd');
  expect(() => resolveUser(parseUser('dev:ghosts'), accounts, self)).toThrow('"ghosts" in /etc/group');
});

test('root exists without any file', () => {
  const none = parseAccounts(undefined, undefined);
  expect(resolveUser(parseUser('root'), none, self)).toMatchObject({ uid: 0, gid: 0 });
});

test('lines are made only for what is unknown', () => {
  const dev = resolveUser(parseUser('dev'), accounts, self);
  expect(missingLines(dev, accounts)).toBeUndefined();
  const me = resolveUser(parseUser('1500'), accounts, self);
  expect(missingLines(me, accounts)).toEqual({
    passwd: 'me:x:1500:1600::/:/bin/sh\n',
    group: 'me:x:1600:\n',
  });
  const number = resolveUser(parseUser('4711'), accounts, self);
  expect(missingLines(number, accounts)).toEqual({ passwd: 'u4711:x:4711:0::/:/bin/sh\n', group: '' });
});
