/** Hard links: within and across layers, and those that try to reach outside. */

import { expect, test } from 'bun:test';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../../../test/support/extraction.ts';
import { tar } from '../../../test/support/tar-writer.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { Tree } from '../../system/tree.ts';
import { copyNode } from './hard-link.ts';

const name = (text: string): ByteString => text as ByteString;

test('a hard link shares the inode, also with a lower layer, and with its target’s owner', async () => {
  using box = new Sandbox();
  const report = await box.apply([
    tar({ name: 'a', content: 'a', uid: 7, mode: 0o4711 }, { name: 'b', type: '1', linkName: 'a' }),
    tar({ name: 'c', type: '1', linkName: '/a' }, { name: 'a', content: 'new' }),
  ]);
  const inode = (file: string): number => fs.statSync(join(box.root, file)).ino;
  expect(inode('b')).toBe(inode('c'));
  expect(inode('a')).not.toBe(inode('b'));
  expect(box.tree()).toEqual({ a: 'file 0644 new', b: 'file 0711 a', c: 'file 0711 a' });
  expect(box.owners()).toEqual({ '/b': '7:0 104711', '/c': '7:0 104711' });
  expect(report.hardLinks).toBe(2);
});

for (const linkName of ['../canary', '../../outside/canary', 'd/../../canary']) {
  test(`refuses a target that climbs out: ${linkName}`, async () => {
    using box = new Sandbox();
    const made = box.apply([tar({ name: 'd/' }, { name: 'l', type: '1', linkName })]);
    await expect(made).rejects.toMatchObject({ code: 'INVALID' });
    expect(fs.statSync(join(box.path, 'outside/canary')).nlink).toBe(1);
  });
}

test('a target reached through a symlink stays inside', async () => {
  using box = new Sandbox();
  const made = box.apply([
    tar({ name: 'up', type: '2', linkName: '../..' }, { name: 'l', type: '1', linkName: 'up/canary' }),
  ]);
  await expect(made).rejects.toThrow(/hard link to something that is not there/);
  expect(box.canaryLives()).toBe(true);
});

test('a link to a symlink is the symlink, and writing over it leaves what it points to', async () => {
  using box = new Sandbox();
  await box.apply([
    tar(
      { name: 's', type: '2', linkName: '../canary' },
      { name: 'l', type: '1', linkName: 's' },
      { name: 'l', content: 'pwned' },
    ),
  ]);
  expect(box.canaryLives()).toBe(true);
  expect(box.tree()).toEqual({ l: 'file 0644 pwned', s: 'symlink ../canary' });
});

test('refuses links to directories, to nothing, and to what they replace', async () => {
  using box = new Sandbox();
  const link = (linkName: string, path = 'l'): Promise<unknown> =>
    box.apply([tar({ name: 'd/' }, { name: 'd/f', content: '' }, { name: path, type: '1', linkName })]);
  await expect(link('d')).rejects.toThrow(/hard link to a directory/);
  await expect(link('')).rejects.toThrow(/hard link to a directory/);
  await expect(link('none')).rejects.toThrow(/not there/);
  await expect(link('d/f', 'd')).rejects.toThrow(/something that it replaces/);
});

test('a link to itself changes nothing', async () => {
  using box = new Sandbox();
  await box.apply([tar({ name: 'a', content: 'a', uid: 3 }, { name: './a', type: '1', linkName: '/a' })]);
  expect(box.tree()).toEqual({ a: 'file 0644 a' });
  expect(box.owners()).toEqual({ '/a': '3:0 100644' });
});

test('where link(2) is refused a copy has content, mode and time of its target', () => {
  using box = new Sandbox();
  const tree = new Tree(box.root);
  fs.writeFileSync(join(box.root, 'a'), 'text');
  fs.chmodSync(join(box.root, 'a'), 0o4751);
  fs.utimesSync(join(box.root, 'a'), 5, 5);
  fs.symlinkSync('../canary', join(box.root, 's'));
  copyNode(tree, name('a'), 'file', name('b'));
  copyNode(tree, name('s'), 'symlink', name('t'));
  expect(box.tree()).toMatchObject({ b: 'file 4751 text', t: 'symlink ../canary' });
  expect(fs.statSync(join(box.root, 'b')).mtimeMs).toBe(5000);
  expect(() => copyNode(tree, name('a'), 'file', name('b'))).toThrow(/EEXIST/);
});
