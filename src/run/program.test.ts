import { expect, test } from 'bun:test';
import { elfFile, memoryFiles } from '../../test/support/memory-files.ts';
import { isUdockerError } from '../errors.ts';
import { guestPath, hostPath } from '../paths.ts';
import { formatOf } from './elf.ts';
import { findProgram } from './program.ts';

const amd64 = 62;
const file = (content: string | Uint8Array, mode = 0o755) => ({ kind: 'file', content, mode }) as const;
const tree = {
  root: hostPath('/r'),
  mounts: [{ source: hostPath('/tools'), target: guestPath('/opt') }],
  files: memoryFiles({
    '/r/usr/bin/static': file(elfFile(amd64, 64)),
    '/r/bin': { kind: 'symlink', to: 'usr/bin' },
    '/r/usr/bin/dynamic': file(elfFile(amd64, 64, '/lib64/ld-linux-x86-64.so.2')),
    '/r/usr/bin/musl': file(elfFile(amd64, 64, '/lib/ld-musl-x86_64.so.1')),
    '/r/lib/ld-musl-x86_64.so.1': file(''),
    '/r/usr/bin/i386': file(elfFile(3, 32)),
    '/r/usr/bin/arm': file(elfFile(183, 64)),
    '/r/usr/bin/script': file('#!/bin/static -x\n'),
    '/r/usr/bin/orphan': file('#! /usr/bin/perl\n'),
    '/r/usr/bin/nested': file('#!/usr/bin/script\n'),
    '/r/usr/bin/text': file('echo hello\n'),
    '/r/usr/bin/plain': file('x', 0o644),
    '/r/sbin/plain': file(elfFile(amd64, 64)),
    '/r/work/tool': file(elfFile(amd64, 64)),
    '/tools/t': file(elfFile(amd64, 64)),
  }),
};
const host = { architecture: 'amd64', foreignArchitectures: [] };
const find = (name: string, path = '/usr/bin:/bin', cwd = '/work') =>
  findProgram(tree, name, { path, cwd: guestPath(cwd) }, host);

test.each([
  ['static', '/usr/bin/static', 'none', 64],
  ['/bin/static', '/bin/static', 'none', 64],
  ['musl', '/usr/bin/musl', 'musl', 64],
  ['i386', '/usr/bin/i386', 'none', 32],
  ['./tool', '/work/tool', 'none', 64],
  ['script', '/usr/bin/script', 'none', 64],
  ['nested', '/usr/bin/nested', 'none', 64],
  ['/opt/t', '/opt/t', 'none', 64],
])('%s is %s', (name, path, libc, bits) => {
  expect(find(name) as unknown).toMatchObject({ file: path, guest: { libc, bits } });
});

test('a file without execute bit is passed over for one further on', () => {
  expect(find('plain', '/usr/bin:/sbin').file as string).toBe('/sbin/plain');
});

test.each([
  ['nosuch', 'COMMAND_NOT_FOUND', 'nosuch'],
  ['', 'COMMAND_NOT_FOUND', '""'],
  ['/no/such', 'COMMAND_NOT_FOUND', '/no/such'],
  ['dynamic', 'COMMAND_NOT_FOUND', 'loader /lib64/ld-linux-x86-64.so.2'],
  ['orphan', 'COMMAND_NOT_FOUND', '/usr/bin/perl'],
  ['plain', 'NOT_EXECUTABLE', 'execute permission'],
  ['/usr/bin/plain', 'NOT_EXECUTABLE', 'execute permission'],
  ['/usr', 'NOT_EXECUTABLE', 'directory'],
  ['arm', 'NOT_EXECUTABLE', 'for arm64, this host is amd64'],
  ['text', 'NOT_EXECUTABLE', 'neither a program nor a script'],
])('%p: %s', (name, code, words) => {
  try {
    find(name);
    expect.unreachable();
  } catch (error) {
    if (!isUdockerError(error)) throw error;
    expect([error.code, error.message]).toEqual([code as never, expect.stringContaining(words)]);
  }
});

test('a foreign program is accepted where the kernel has an emulator for it', () => {
  const emulating = { architecture: 'amd64', foreignArchitectures: ['arm64'] };
  expect(findProgram(tree, 'arm', { path: undefined, cwd: guestPath('/') }, emulating).file as string).toBe(
    '/usr/bin/arm',
  );
});

test('headers of this very runtime are read', async () => {
  const head = new Uint8Array(await Bun.file(process.execPath).slice(0, 4096).arrayBuffer());
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  expect(formatOf(head)).toMatchObject({
    kind: 'elf',
    bits: 64,
    architecture,
    loader: expect.stringContaining('ld-'),
  });
  expect(formatOf(new Uint8Array([0x7f, 0x45]))).toEqual({ kind: 'unknown' });
  expect(formatOf(elfFile(3, 32, '/lib/ld-linux.so.2'))).toMatchObject({
    bits: 32,
    loader: '/lib/ld-linux.so.2',
  });
});

test('a file system that nothing is executed from is named, whatever interprets the program', () => {
  const noexec = { ...tree, files: { ...tree.files, mayExecute: () => false } };
  for (const name of ['static', 'script']) {
    expect(() => findProgram(noexec, name, { path: '/usr/bin', cwd: guestPath('/') }, host)).toThrow(
      expect.objectContaining({ code: 'NOT_EXECUTABLE', message: expect.stringContaining('noexec') }),
    );
  }
});
