/** Names that try to climb out of the root. */
import { expect, test } from 'bun:test';
import { Sandbox } from '../../../test/support/extraction.ts';
import { tar } from '../../../test/support/tar-writer.ts';

for (const name of [
  '../canary',
  '..',
  'a/../../canary',
  '/../canary',
  './/../x',
  '../root/x',
  'a/b/../../../x/',
]) {
  test(`refuses ${name}`, async () => {
    using box = new Sandbox();
    const made = box.apply([tar({ name, content: 'pwned' })]);
    await expect(made).rejects.toThrow(/climbs out of the root/);
    await expect(made).rejects.toMatchObject({ code: 'INVALID', details: { entry: name } });
    expect(box.canaryLives()).toBe(true);
    expect(box.tree()).toEqual({});
  });
}

test('takes absolute names, doubled slashes and inner dots as below the root', async () => {
  using box = new Sandbox();
  await box.apply([
    tar(
      { name: '/etc/', mode: 0o755 },
      { name: '//etc//./passwd', content: 'p' },
      { name: './etc/x/../y', content: 'y' },
      { name: '...', content: 'dots' },
    ),
  ]);
  expect(box.tree()).toEqual({
    '...': 'file 0644 dots',
    etc: 'directory 0755',
    'etc/passwd': 'file 0644 p',
    'etc/y': 'file 0644 y',
  });
});

test('a name that is the root is its metadata, and nothing but a directory', async () => {
  using box = new Sandbox();
  await box.apply([tar({ name: './', mode: 0o1711, uid: 5 })]);
  expect(box.owners()).toEqual({ '/': '5:0 41711' });
  await expect(box.apply([tar({ name: './', type: '2', linkName: '/etc' })])).rejects.toThrow(
    /replace the root/,
  );
});
