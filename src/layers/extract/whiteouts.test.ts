/** Whiteouts and opaque directories: lower layers lose, the same layer never does. */
import { expect, test } from 'bun:test';
import { Sandbox } from '../../../test/support/extraction.ts';
import { type Item, tar } from '../../../test/support/tar-writer.ts';

const lower = tar(
  { name: 'top', content: 't' },
  { name: 'd/' },
  { name: 'd/old', content: 'o' },
  { name: 'd/sub/' },
  { name: 'd/sub/deep', content: 'd' },
  { name: 'link', type: '2', linkName: 'd' },
);

async function over(...upper: readonly Item[]): Promise<Record<string, string>> {
  using box = new Sandbox();
  await box.apply([lower, tar(...upper)]);
  expect(box.canaryLives()).toBe(true);
  return box.tree();
}

test('a whiteout removes a file, a tree or a symlink, at the top level as well', async () => {
  expect(await over({ name: '.wh.top' }, { name: 'd/.wh.sub' }, { name: './.wh.link' })).toEqual({
    d: 'directory 0755',
    'd/old': 'file 0644 o',
  });
});

test('a whiteout of a symlink does not touch what it points to; one below it follows it', async () => {
  expect(await over({ name: '.wh.link' })).toHaveProperty(['d/old']);
  expect(await over({ name: 'link/.wh.old' })).not.toHaveProperty(['d/old']);
});

test('a whiteout of nothing, or in a directory that is not there, changes nothing', async () => {
  using plain = new Sandbox();
  await plain.apply([lower]);
  expect(await over({ name: '.wh.none' }, { name: 'no/such/.wh.thing' }, { name: 'top/.wh.x' })).toEqual(
    plain.tree(),
  );
});

for (const order of ['before', 'after'] as const) {
  test(`a whiteout ${order} the same layer’s entry leaves that entry`, async () => {
    const entry = { name: 'top', content: 'new' };
    const mine = { name: 'd/sub/mine', content: 'm' };
    const whiteouts = [{ name: '.wh.top' }, { name: 'd/.wh.sub' }];
    const found = await over(
      ...(order === 'before' ? [...whiteouts, entry, mine] : [entry, mine, ...whiteouts]),
    );
    expect(found).toMatchObject({
      top: 'file 0644 new',
      'd/sub/mine': 'file 0644 m',
      'd/old': 'file 0644 o',
    });
    expect(found).not.toHaveProperty(['d/sub/deep']);
  });

  test(`an opaque directory ${order} its entries keeps them and hides the rest`, async () => {
    const opaque = { name: 'd/.wh..wh..opq' };
    const entries: Item[] = [
      { name: 'd/', mode: 0o700 },
      { name: 'd/new', content: 'n' },
      { name: 'd/sub/x', content: 'x' },
    ];
    const found = await over(...(order === 'before' ? [opaque, ...entries] : [...entries, opaque]));
    expect(found).toEqual({
      d: 'directory 0700',
      'd/new': 'file 0644 n',
      'd/sub': 'directory 0755',
      'd/sub/x': 'file 0644 x',
      link: 'symlink d',
      top: 'file 0644 t',
    });
  });
}

test('an opaque root hides everything below', async () => {
  expect(await over({ name: '.wh..wh..opq' }, { name: 'only', content: '1' })).toEqual({
    only: 'file 0644 1',
  });
});

test('an opaque marker in a symlinked directory hides nothing', async () => {
  expect(await over({ name: 'link/.wh..wh..opq' })).toHaveProperty(['d/old']);
});

test('whiteouts act on lower layers only, so in the first layer they do nothing', async () => {
  using box = new Sandbox();
  const report = await box.apply([
    tar({ name: 'a', content: 'a' }, { name: '.wh.a' }, { name: '.wh..wh..opq' }),
  ]);
  expect(box.tree()).toEqual({ a: 'file 0644 a' });
  expect(report).toMatchObject({ whiteouts: 2, entries: 3, files: 1 });
});

test('housekeeping of AUFS is ignored', async () => {
  const found = await over(
    { name: '.wh..wh.aufs', content: 'x' },
    { name: '.wh..wh.plnk/' },
    { name: '.wh..wh.plnk/1.2', content: 'x' },
    { name: 'd/.wh..wh.orph/' },
  );
  expect(Object.keys(found).filter((path) => path.includes('.wh.'))).toEqual([]);
  expect(found).toHaveProperty(['d/old']);
});

for (const name of ['.wh.', '.wh..', '.wh...', 'd/.wh...', 'd/.wh..']) {
  test(`refuses the hostile whiteout ${name}`, async () => {
    using box = new Sandbox();
    await expect(box.apply([lower, tar({ name })])).rejects.toMatchObject({ code: 'INVALID' });
    expect(box.canaryLives()).toBe(true);
    expect(box.tree()).toHaveProperty(['d/old']);
  });
}

test('whiteouts cannot reach outside through symlinked parents', async () => {
  using box = new Sandbox();
  await box.apply([
    tar({ name: 'up', type: '2', linkName: '../..' }, { name: 'abs', type: '2', linkName: box.path }),
    tar({ name: 'up/.wh.canary' }, { name: 'up/outside/.wh.canary' }, { name: 'abs/outside/.wh.canary' }),
  ]);
  expect(box.canaryLives()).toBe(true);
});
