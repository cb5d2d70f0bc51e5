/** Entries whose parent directories are symlinks: followed inside the root only, as in a chroot. */

import { expect, test } from 'bun:test';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../../../test/support/extraction.ts';
import { tar } from '../../../test/support/tar-writer.ts';

test('relative and absolute links to directories inside the root are followed', async () => {
  using box = new Sandbox();
  await box.apply([
    tar(
      { name: 'usr/lib/' },
      { name: 'lib', type: '2', linkName: 'usr/lib' },
      { name: 'abs', type: '2', linkName: '/usr/lib' },
      { name: 'lib/a', content: 'a' },
      { name: 'abs/b', content: 'b' },
    ),
  ]);
  expect(box.tree()).toMatchObject({
    'usr/lib/a': 'file 0644 a',
    'usr/lib/b': 'file 0644 b',
    lib: 'symlink usr/lib',
  });
});

for (const target of ['../..', '/..', '../../../../../../../../tmp', '/', '../outside', '.']) {
  test(`a link to ${target} does not lead out`, async () => {
    using box = new Sandbox();
    await box.apply([
      tar(
        { name: 'd/' },
        { name: 'd/out', type: '2', linkName: target },
        { name: 'd/out/canary', content: 'pwned' },
      ),
    ]);
    expect(box.canaryLives()).toBe(true);
    expect(Object.entries(box.tree()).filter(([, what]) => what === 'file 0644 pwned')).toHaveLength(1);
  });
}

test('a link by the absolute host path of the canary is a path of the container', async () => {
  using box = new Sandbox();
  const outside = join(box.path, 'outside');
  await box.apply([
    tar({ name: 'out', type: '2', linkName: outside }, { name: 'out/canary', content: 'pwned' }),
  ]);
  expect(box.canaryLives()).toBe(true);
  expect(fs.readFileSync(join(box.root, outside, 'canary'), 'utf8')).toBe('pwned');
});

test('a directory replaced by a symlink between entries is not taken for the directory', async () => {
  using box = new Sandbox();
  await box.apply([
    tar(
      { name: 'd/' },
      { name: 'd/before', content: '1' },
      { name: 'd', type: '2', linkName: '../../..' },
      { name: 'd/canary', content: 'pwned' },
    ),
  ]);
  expect(box.canaryLives()).toBe(true);
  expect(box.tree()).toEqual({ d: 'symlink ../../..', canary: 'file 0644 pwned' });
});

test('the same across layers, with a whiteout of the directory', async () => {
  using box = new Sandbox();
  await box.apply([
    tar({ name: 'd/' }, { name: 'd/x', content: '1' }),
    tar(
      { name: '.wh.d' },
      { name: 'd', type: '2', linkName: '../..' },
      { name: 'd/canary', content: 'pwned' },
    ),
  ]);
  expect(box.canaryLives()).toBe(true);
});

test('a loop of symlinks is an error that names the entry', async () => {
  using box = new Sandbox();
  const made = box.apply([
    tar(
      { name: 'a', type: '2', linkName: 'b' },
      { name: 'b', type: '2', linkName: 'a' },
      { name: 'a/x', content: '' },
    ),
  ]);
  await expect(made).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('entry a/x: too many symlinks'),
  });
});

test('a dangling link makes its target directory, inside', async () => {
  using box = new Sandbox();
  await box.apply([tar({ name: 'l', type: '2', linkName: '/not/yet' }, { name: 'l/x', content: 'x' })]);
  expect(box.tree()).toMatchObject({ 'not/yet/x': 'file 0644 x' });
});

test('a file is never written through a symlink of its own name', async () => {
  using box = new Sandbox();
  await box.apply([
    tar({ name: 'canary', type: '2', linkName: '../canary' }, { name: 'canary', content: 'new' }),
    tar({ name: 'x', type: '2', linkName: '../canary' }),
    tar({ name: 'x/', mode: 0o700 }),
  ]);
  expect(box.canaryLives()).toBe(true);
  expect(box.tree()).toEqual({ canary: 'file 0644 new', x: 'directory 0700' });
});
