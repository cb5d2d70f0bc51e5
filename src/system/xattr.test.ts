import { expect, test } from 'bun:test';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setExtendedAttribute } from './xattr.ts';

const directory = mkdtempSync(join(tmpdir(), 'xattr-'));
const path = join(directory, 'file');
writeFileSync(path, '');
const works = setExtendedAttribute(path, 'user.probe', Buffer.from('x'));
const canRead = spawnSync('getfattr', ['--version']).status === 0;
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

test.skipIf(!works || !canRead)(
  'extended attributes are kept byte for byte (skipped without getfattr, or where the file system has none)',
  () => {
    expect(setExtendedAttribute(path, 'user.test', Buffer.from([0, 1, 255]))).toBe(true);
    expect(setExtendedAttribute(path, 'user.empty', Buffer.alloc(0))).toBe(true);
    const read = (name: string) =>
      execFileSync('getfattr', ['--only-values', '--absolute-names', '-n', name, path]);
    expect(read('user.test')).toEqual(Buffer.from([0, 1, 255]));
    expect(read('user.empty')).toEqual(Buffer.alloc(0));
    expect(spawnSync('getfattr', ['-n', 'user.none', path]).status).not.toBe(0);
  },
);

test('what is not there gets none', () => {
  expect(setExtendedAttribute(join(directory, 'none'), 'user.test', Buffer.from('x'))).toBe(false);
});
