import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isUdockerError } from '../errors.ts';
import { guestPath, type HostPath, hostPath } from '../paths.ts';
import { exitCodeOf, waitStatus } from './exit-status.ts';
import { carryOutAll, carryOutSteps } from './steps.ts';

let directory: string;
let root: HostPath;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'udocker-steps-'));
  root = hostPath(join(directory, 'ROOT'));
  mkdirSync(root);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function mountPoint(target: string, kind: 'directory' | 'file' = 'directory'): string | undefined {
  try {
    carryOutSteps([{ do: 'make-mount-point', root, target: guestPath(target), kind }]);
    return undefined;
  } catch (error) {
    if (isUdockerError(error, 'STORAGE')) return error.message;
    throw error;
  }
}

test('mount points are made with what is above them, and again without harm', () => {
  for (const _ of [1, 2]) {
    expect(mountPoint('/a/b/c')).toBeUndefined();
    expect(mountPoint('/a/f', 'file')).toBeUndefined();
  }
  expect([statSync(join(root, 'a/b/c')).isDirectory(), statSync(join(root, 'a/f')).isFile()]).toEqual([
    true,
    true,
  ]);
  expect(mountPoint('/')).toBeUndefined();
});

test('mount points that were made are written down, whatever was there is not', () => {
  const list = hostPath(join(directory, 'list'));
  mkdirSync(join(root, 'there'));
  const step = { do: 'make-mount-point', root, target: guestPath('/there/x/y'), kind: 'file', list } as const;
  carryOutSteps([step, step]);
  symlinkSync('/nowhere', join(root, 'dangling'));
  const target = guestPath('/dangling');
  carryOutSteps([{ do: 'make-mount-point', root, target, kind: 'directory', list, unlessThere: true }]);
  expect(readFileSync(list, 'utf8')).toBe(`${root}/there/x\0${root}/there/x/y\0`);
});

test('a symlink on the way or at the end is refused, nothing appears outside', () => {
  const outside = join(directory, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(root, 'link'));
  symlinkSync('../outside', join(root, 'relative'));
  symlinkSync(join(outside, 'file'), join(root, 'filelink'));
  expect(mountPoint('/link/x')).toContain('/link/x');
  expect(mountPoint('/link')).toContain('/link');
  expect(mountPoint('/relative/x/y', 'file')).toContain('/relative/x/y');
  expect(mountPoint('/filelink', 'file')).toContain('/filelink');
  expect([existsSync(join(outside, 'x')), existsSync(join(outside, 'file'))]).toEqual([false, false]);
});

test('a file where a directory is wanted is refused, and the other way round', () => {
  writeFileSync(join(root, 'f'), '');
  mkdirSync(join(root, 'd'));
  expect(mountPoint('/f')).toContain('/f');
  expect(mountPoint('/d', 'file')).toContain('/d');
});

test('files are written whole, with their mode, and not again', () => {
  const path = hostPath(join(directory, 'file'));
  const step = { do: 'write-file', path, content: 'text', mode: 0o600 } as const;
  carryOutSteps([step]);
  const before = statSync(path);
  carryOutSteps([step]);
  expect([readFileSync(path, 'utf8'), statSync(path).ino, before.mode & 0o777]).toEqual([
    'text',
    before.ino,
    0o600,
  ]);
});

test('the newest entries of a directory are kept', () => {
  const path = hostPath(join(directory, 'bundles'));
  for (const age of [1, 2, 3, 4]) {
    mkdirSync(join(path, `b${age}`), { recursive: true });
    utimesSync(join(path, `b${age}`), 1000 - age, 1000 - age);
  }
  carryOutSteps([{ do: 'prune-directory', path, keep: 2 }]);
  expect([1, 2, 3, 4].map((age) => existsSync(join(path, `b${age}`)))).toEqual([true, true, false, false]);
});

test('teardown goes on after a failure and tells of it', () => {
  const path = hostPath(join(directory, 'gone'));
  mkdirSync(path);
  const failures = carryOutAll([
    { do: 'make-directory', path: hostPath(join(root, '..', 'ROOT', '\0')), mode: 0o700 } as const,
    { do: 'remove', path },
  ]);
  expect([failures.length, existsSync(path)]).toEqual([1, false]);
});

test('ends of programs', () => {
  expect(waitStatus(7 << 8)).toEqual({ kind: 'exited', code: 7 });
  expect(waitStatus(11)).toEqual({ kind: 'signaled', signal: 'SIGSEGV' });
  expect(waitStatus(128 + 6)).toEqual({ kind: 'signaled', signal: 'SIGABRT' });
  expect(exitCodeOf({ kind: 'signaled', signal: 'SIGKILL' })).toBe(137);
  expect(exitCodeOf({ kind: 'exited', code: 255 })).toBe(255);
});
