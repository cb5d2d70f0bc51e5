/** Our extraction of real images against umoci's, entry by entry. */

import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { applyLayers } from '../src/layers/apply-layers.ts';
import { Sandbox } from './support/extraction.ts';
import { busyboxTar, debianTar, image, missingTools, must, type OciImage } from './support/oci-images.ts';
import { splitTar } from './support/tar-split.ts';
import { tar } from './support/tar-writer.ts';

const images: Record<string, { readonly needs: readonly string[]; readonly make: () => OciImage }> = {
  busybox: { needs: ['umoci'], make: () => image('extract-busybox', () => [busyboxTar()]) },
  'every whiteout': { needs: ['umoci'], make: () => image('extract-whiteouts', whiteoutLayers) },
  'Debian in one layer': {
    needs: ['umoci', 'mmdebstrap'],
    make: () => image('extract-debian-1', () => [debianTar()]),
  },
  'Debian in eight layers': {
    needs: ['umoci', 'mmdebstrap'],
    make: () => image('extract-debian-8', () => splitTar(debianTar(), 8)),
  },
};

for (const [name, { needs, make }] of Object.entries(images)) {
  const missing = missingTools(...needs);
  test.skipIf(missing !== undefined)(
    `${name}${missing === undefined ? '' : ` (${missing})`}`,
    () => compare(make()),
    600_000,
  );
}

async function compare({ layout, layers }: OciImage): Promise<void> {
  using box = new Sandbox();
  const bundle = join(box.path, 'bundle');
  must('umoci', 'unpack', '--rootless', '--image', `${layout}:test`, bundle);
  const report = await applyLayers({ layers, root: box.root, ownersFile: box.ownersFile });
  const theirs = survey(join(bundle, 'rootfs'), {});
  const ours = survey(box.root, box.owners());
  // Where umoci cannot make a device node it leaves an empty file; we leave nothing and count.
  const devices = Object.entries(theirs).filter(([path]) => ours[path] === undefined);
  expect(devices.map(([, what]) => what.size)).toEqual(devices.map(() => 0));
  expect(devices.length).toBe(report.skippedDevices);
  for (const [path] of devices) delete theirs[path];
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  const differing = Object.keys(ours).filter(
    (path) => JSON.stringify(ours[path]) !== JSON.stringify(theirs[path]),
  );
  expect(differing.slice(0, 20).map((path) => [path, ours[path], theirs[path]])).toEqual([]);
  expect(Object.keys(ours).length).toBeGreaterThan(5);
  must('chmod', '-R', 'u+rwX', bundle);
}

interface Found {
  readonly mode: string;
  readonly mtime: number;
  readonly size: number;
  readonly content: string;
  /** The first path of the same inode. */
  readonly group: string;
}

function survey(root: string, owners: Record<string, string>): Record<string, Found> {
  const found: Record<string, Found> = {};
  const inodes = new Map<number, string>();
  const walk = (path: Buffer, shown: string): void => {
    const stats = fs.lstatSync(path);
    const listed = owners[shown === '' ? '/' : shown];
    const group = inodes.get(stats.ino) ?? shown;
    inodes.set(stats.ino, group);
    found[shown] = {
      mode: listed?.split(' ')[1] ?? stats.mode.toString(8),
      mtime: Math.round(stats.mtimeMs / 10),
      size: stats.isDirectory() ? 0 : stats.size,
      content: contentOf(path, stats),
      group,
    };
    if (!stats.isDirectory()) return;
    if ((stats.mode & 0o700) !== 0o700) fs.chmodSync(path, stats.mode | 0o700);
    for (const name of fs.readdirSync(path, { encoding: 'buffer' }).sort()) {
      walk(Buffer.concat([path, Buffer.from('/'), name]), `${shown}/${name.toString('latin1')}`);
    }
  };
  walk(Buffer.from(root), '');
  return found;
}

function contentOf(path: Buffer, stats: fs.Stats): string {
  if (stats.isSymbolicLink()) return fs.readlinkSync(path, { encoding: 'buffer' }).toString('latin1');
  if (!stats.isFile()) return '';
  if ((stats.mode & 0o400) === 0) fs.chmodSync(path, stats.mode | 0o400);
  return createHash('sha256').update(fs.readFileSync(path)).digest('hex');
}

function whiteoutLayers(): Buffer[] {
  return [
    tar(
      { name: './', mode: 0o755 },
      { name: 'top', content: 'top' },
      { name: 'topdir/' },
      { name: 'topdir/f', content: 'f' },
      ...['plain', 'opaque', 'late', 'both', 'link'].flatMap((name) => [
        { name: `${name}/`, mtime: 5 },
        { name: `${name}/a`, content: 'a' },
        { name: `${name}/b`, content: 'b', mode: 0o600 },
        { name: `${name}/sub/`, mtime: 6 },
        { name: `${name}/sub/deep`, content: 'deep' },
      ]),
      { name: 'to-link', type: '2', linkName: 'link' },
      { name: 'file-to-dir', content: 'x' },
      { name: 'dir-to-file/' },
      { name: 'dir-to-file/in', content: 'x' },
      { name: 'dir-to-link/' },
      { name: 'dir-to-link/in', content: 'x' },
      { name: 'link-to-dir', type: '2', linkName: 'plain' },
      { name: 'hard1', content: 'hard' },
      { name: 'hard2', type: '1', linkName: 'hard1' },
    ),
    tar(
      { name: '.wh.top' },
      { name: '.wh.topdir' },
      { name: 'plain/', mtime: 7 },
      { name: 'plain/.wh.a' },
      { name: 'plain/.wh.sub' },
      { name: 'opaque/', mtime: 8 },
      { name: 'opaque/.wh..wh..opq' },
      { name: 'opaque/new', content: 'new' },
      { name: 'late/', mtime: 9 },
      { name: 'late/new', content: 'new' },
      // Nothing in late/sub: umoci spoils the time of a directory that it thins out afterwards.
      { name: 'late/.wh..wh..opq' },
      { name: 'both/', mtime: 11 },
      { name: 'both/.wh.a' },
      { name: 'both/a', content: 'again' },
      { name: 'to-link/.wh.b' },
      { name: '.wh.not-there' },
      { name: '.wh.hard1' },
    ),
    tar(
      { name: 'file-to-dir/', mtime: 12 },
      { name: 'file-to-dir/in', content: 'in' },
      { name: 'dir-to-file', content: 'now a file' },
      { name: 'dir-to-link', type: '2', linkName: 'plain' },
      { name: 'link-to-dir/', mtime: 13 },
      { name: 'link-to-dir/in', content: 'in' },
      { name: 'top', content: 'back again' },
      { name: 'locked/', mode: 0o500, mtime: 14 },
      { name: 'locked/f', mode: 0, content: 'secret' },
    ),
  ];
}
