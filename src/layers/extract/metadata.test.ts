/** Modes, owners, times, devices, fifos, extended attributes: what the disk holds and what goes beside it. */

import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../../../test/support/extraction.ts';
import { tar } from '../../../test/support/tar-writer.ts';

test('modes are the image’s whatever the umask; set-id bits of programs are for the owners file alone', async () => {
  using box = new Sandbox();
  const before = process.umask(0o077);
  try {
    await box.apply([
      tar(
        { name: 'su', mode: 0o4755, content: 'x' },
        { name: 'sg', mode: 0o2755, content: 'x' },
        { name: 'all', mode: 0o666, content: 'x' },
        { name: 'tmp/', mode: 0o1777 },
        { name: 'mail/', mode: 0o2775 },
        { name: 'made/by/parents', content: '' },
      ),
    ]);
  } finally {
    process.umask(before);
  }
  expect(box.tree()).toEqual({
    su: 'file 0755 x',
    sg: 'file 0755 x',
    all: 'file 0666 x',
    tmp: 'directory 1777',
    mail: 'directory 2775',
    made: 'directory 0755',
    'made/by': 'directory 0755',
    'made/by/parents': 'file 0644 ',
  });
  expect(box.owners()).toEqual({ '/su': '0:0 104755', '/sg': '0:0 102755' });
});

test('modes that would lock the user out are opened on disk and kept in the owners file', async () => {
  using box = new Sandbox();
  await box.apply([
    tar(
      { name: 'locked/', mode: 0o500 },
      { name: 'locked/in', content: 'i' },
      { name: 'shadow', mode: 0o000, content: 's' },
      { name: 'sudoers', mode: 0o440, content: 's' },
      { name: 'su', mode: 0o4511, content: 's' },
    ),
  ]);
  expect(box.tree()).toEqual({
    locked: 'directory 0700',
    'locked/in': 'file 0644 i',
    shadow: 'file 0600 s',
    sudoers: 'file 0640 s',
    su: 'file 0711 s',
  });
  expect(box.owners()).toEqual({
    '/locked': '0:0 40500',
    '/shadow': '0:0 100000',
    '/sudoers': '0:0 100440',
    '/su': '0:0 104511',
  });
});

test('the last owner wins, and what is gone is not listed', async () => {
  using box = new Sandbox();
  const report = await box.apply([
    tar(
      { name: 'a', uid: 1, content: '' },
      { name: 'b', uid: 2, content: '' },
      { name: 'c', uid: 3, content: '' },
      { name: 'd/', uid: 4 },
      { name: 'd/x', uid: 4, content: '' },
      { name: 'e/', uid: 5 },
      { name: 'e/x', uid: 5, content: '' },
      { name: 'f/x', uid: 6, content: '' },
      { name: 's', type: '2', linkName: 'x', uid: 100, gid: 50 },
    ),
    tar(
      { name: 'a', uid: 11, gid: 12, content: '' },
      { name: 'b', content: '' },
      { name: '.wh.c' },
      { name: '.wh.d' },
      { name: 'd/x', content: '' },
      { name: '.wh.e' },
      { name: 'e', type: '2', linkName: 'f' },
    ),
  ]);
  expect(box.owners()).toEqual({ '/a': '11:12 100644', '/f/x': '6:0 100644', '/s': '100:50 120777' });
  expect(report.ownersListed).toBe(3);
});

test('times are kept: files, symlinks, and directories after everything that changes them', async () => {
  using box = new Sandbox();
  await box.apply([
    tar(
      { name: 'd/', mtime: 100 },
      { name: 'd/f', mtime: 200, content: 'f' },
      { name: 'd/s', type: '2', linkName: 'nowhere', mtime: 300 },
      { name: 'd/old', pax: [['mtime', '-5.25']], content: '' },
      { name: 'gone/', mtime: 1 },
    ),
    tar({ name: 'd/later', content: '' }, { name: '.wh.gone' }, { name: 'gone', type: '2', linkName: 'd' }),
  ]);
  const time = (path: string): number => fs.lstatSync(join(box.root, path)).mtimeMs;
  expect([time('d'), time('d/f'), time('d/s'), time('d/old')]).toEqual([100_000, 200_000, 300_000, -5250]);
});

test('device nodes are skipped and counted; what they replace is gone', async () => {
  using box = new Sandbox();
  const report = await box.apply([
    tar({ name: 'dev/null', content: 'a file' }, { name: 'dev/zero', content: 'a file' }),
    tar({ name: 'dev/null', type: '3', uid: 5 }, { name: 'dev/sda', type: '4' }),
  ]);
  expect(report.skippedDevices).toBe(2);
  expect(box.tree()).toEqual({ dev: 'directory 0755', 'dev/zero': 'file 0644 a file' });
  expect(box.owners()).toEqual({});
});

test('fifos are made', async () => {
  using box = new Sandbox();
  const report = await box.apply([tar({ name: 'p', type: '6', mode: 0o2622, mtime: 7 })]);
  expect(report).toMatchObject({ fifos: 1, skippedFifos: 0 });
  expect(box.tree()).toEqual({ p: 'fifo 0622' });
  expect(fs.lstatSync(join(box.root, 'p')).mtimeMs).toBe(7000);
});

test('extended attributes of users are set, capabilities kept for the engine, other privileged ones counted', async () => {
  using box = new Sandbox();
  const report = await box.apply([
    tar({
      name: 'f\xe9',
      content: 'f',
      pax: [
        ['SCHILY.xattr.user.plain', 'one'],
        ['LIBARCHIVE.xattr.user.%65ncoded', Buffer.from('two').toString('base64')],
        ['SCHILY.xattr.user.empty', ''],
        ['SCHILY.xattr.security.capability', '\x01\x00\x00\x02'.padEnd(20, '\0')],
        ['SCHILY.xattr.trusted.overlay.opaque', 'y'],
      ],
    }),
  ]);
  expect(report.ignoredXattrs).toBe(1);
  const listed = spawnSync('getfattr', ['-R', '-d', '--absolute-names', box.root], { encoding: 'utf8' });
  if (listed.error !== undefined || report.refusedXattrs > 0) {
    console.warn('not compared: no getfattr here, or this file system has no user attributes');
    return;
  }
  expect(listed.stdout.split('\n').filter((line) => line.startsWith('user.'))).toEqual([
    'user.empty=""',
    'user.encoded="two"',
    'user.plain="one"',
    'user.udocker.security.capability=0sAQAAAgAAAAAAAAAAAAAAAAAAAAA=',
  ]);
});

test('names that are not UTF-8 stay the bytes they are', async () => {
  using box = new Sandbox();
  await box.apply([
    tar(
      { name: 'caf\xe9/', uid: 3 },
      { name: 'caf\xe9/\xff\xfe', content: 'x' },
      { name: 'l\xff', type: '2', linkName: 'caf\xe9' },
      { name: 'l\xff/through', type: '1', linkName: 'caf\xe9/\xff\xfe' },
    ),
    tar({ name: 'caf\xe9/.wh.\xff\xfe' }),
  ]);
  expect(box.tree()).toEqual({
    'caf\xe9': 'directory 0755',
    'caf\xe9/through': 'file 0644 x',
    'l\xff': 'symlink caf\xe9',
  });
  expect(box.owners()).toEqual({ '/caf\xe9': '3:0 40755' });
});

test('a path that this host cannot hold is an error that says so', async () => {
  using box = new Sandbox();
  const name = `${'d/'.repeat(2500)}f`;
  const made = box.apply([tar({ name: 'x', pax: [['path', name]], content: '' })]);
  await expect(made).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringContaining('longer than this host allows'),
  });
  await expect(
    box.apply([tar({ name: 'x', pax: [['path', 'n'.repeat(256)]], content: '' })]),
  ).rejects.toThrow(/longer/);
});

test('as an error of the disk shows: layer, entry and reason', async () => {
  if (process.getuid?.() === 0) return console.warn('skipped: root is refused nothing');
  using box = new Sandbox();
  fs.chmodSync(box.root, 0o500);
  const made = box.apply([tar({ name: 'f', content: '' })]);
  await expect(made).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringContaining('entry f: permission denied'),
  });
  fs.chmodSync(box.root, 0o700);
});
