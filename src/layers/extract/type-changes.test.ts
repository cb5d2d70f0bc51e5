/** Files, directories, symlinks and fifos replaced by one another, across layers and within one. */
import { expect, test } from 'bun:test';
import { Sandbox } from '../../../test/support/extraction.ts';
import { type Item, tar } from '../../../test/support/tar-writer.ts';

const shapes: Record<string, { readonly items: readonly Item[]; readonly tree: Record<string, string> }> = {
  file: { items: [{ name: 'x', content: 'f' }], tree: { x: 'file 0644 f' } },
  'another file': { items: [{ name: 'x', content: 'g', mode: 0o600 }], tree: { x: 'file 0600 g' } },
  directory: {
    items: [{ name: 'x/' }, { name: 'x/in', content: 'i' }],
    tree: { x: 'directory 0755', 'x/in': 'file 0644 i' },
  },
  symlink: { items: [{ name: 'x', type: '2', linkName: 'y' }], tree: { x: 'symlink y' } },
  'hard link': {
    items: [
      { name: 'y', content: 'y' },
      { name: 'x', type: '1', linkName: 'y' },
    ],
    tree: { x: 'file 0644 y' },
  },
  fifo: { items: [{ name: 'x', type: '6' }], tree: { x: 'fifo 0644' } },
  device: { items: [{ name: 'x', type: '3' }], tree: {} },
  'parent without an entry': {
    items: [{ name: 'x/in', content: 'i' }],
    tree: { x: 'directory 0755', 'x/in': 'file 0644 i' },
  },
};

for (const [before, from] of Object.entries(shapes)) {
  for (const [after, to] of Object.entries(shapes)) {
    if (before === after || (before === 'symlink' && after.startsWith('parent'))) continue;
    test(`${before} becomes ${after}`, async () => {
      for (const layers of [[tar(...from.items), tar(...to.items)], [tar(...from.items, ...to.items)]]) {
        using box = new Sandbox();
        await box.apply(layers);
        const found = Object.entries(box.tree()).filter(([path]) => path.startsWith('x'));
        expect(Object.fromEntries(found)).toEqual(to.tree);
      }
    });
  }
}

test('a directory entry over a directory keeps the content and takes the metadata', async () => {
  using box = new Sandbox();
  await box.apply([
    tar({ name: 'x/' }, { name: 'x/in', content: 'i' }),
    tar({ name: 'x/', mode: 0o2750, gid: 9 }),
  ]);
  expect(box.tree()).toEqual({ x: 'directory 2750', 'x/in': 'file 0644 i' });
  expect(box.owners()).toEqual({ '/x': '0:9 42750' });
});
