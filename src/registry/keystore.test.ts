import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type HostPath, hostPath, under } from '../paths.ts';
import { deleteAllLogins, deleteLogin, readKeystore, setLogin } from './keystore.ts';

let directory: HostPath;
let file: HostPath;
beforeEach(() => {
  directory = hostPath(mkdtempSync(`${tmpdir()}/udocker-keystore-`));
  file = under(directory, 'keystore');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the keystore', () => {
  test('is what the Python tool writes and reads', () => {
    setLogin(file, 'http://127.0.0.1:5000/', 'ann', 'se:cret');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      'http://127.0.0.1:5000': { auth: Buffer.from('ann:se:cret').toString('base64'), email: '' },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readKeystore(file)).toEqual([
      { url: 'http://127.0.0.1:5000', username: 'ann', password: 'se:cret' },
    ]);
  });

  test('holds one login per registry, however the registry is written', () => {
    writeFileSync(
      file,
      JSON.stringify({
        'https://index.docker.io/v1/': { auth: 'YTpi', email: 'a@b' },
        'quay.io': { auth: 'YTpi' },
      }),
    );
    chmodSync(file, 0o644);
    setLogin(file, 'https://registry-1.docker.io', 'bob', 'x');
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8'))).sort()).toEqual([
      'https://registry-1.docker.io',
      'quay.io',
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(deleteLogin(file, 'docker.io')).toBe(true);
    expect(deleteLogin(file, 'docker.io')).toBe(false);
    expect(readKeystore(file).map(({ url }) => url)).toEqual(['quay.io']);
  });

  test('is deleted whole', () => {
    expect(deleteAllLogins(file)).toBe(false);
    setLogin(file, 'https://quay.io', 'ann', 'x');
    expect(deleteAllLogins(file)).toBe(true);
    expect(readKeystore(file)).toEqual([]);
  });

  test.each(['{', '[]', '"x"'])('that is %s is refused, and kept', (text) => {
    writeFileSync(file, text);
    expect(() => readKeystore(file)).toThrow(/reading the keystore/);
    expect(() => setLogin(file, 'https://quay.io', 'ann', 'x')).toThrow(/reading the keystore/);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('takes no user name with a colon', () => {
    expect(() => setLogin(file, 'https://quay.io', 'a:b', 'x')).toThrow(/colon/);
  });
});
