import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutElfPrefix } from './elf-prefix.ts';

const prefix = '/home/me/.udocker/containers/one/ROOT';
const patchelf = ['/usr/bin/patchelf', '/usr/local/bin/patchelf'].find(existsSync);
const room = mkdtempSync(join(tmpdir(), 'elf-prefix-'));
process.on('exit', () => rmSync(room, { recursive: true, force: true }));

function strip(file: string): number {
  const fd = openSync(file, 'r+');
  try {
    const pieces = withoutElfPrefix(fd, prefix);
    for (const { offset, bytes } of pieces) writeSync(fd, bytes, 0, bytes.length, offset);
    return pieces.length;
  } finally {
    closeSync(fd);
  }
}

test.skipIf(patchelf === undefined)(
  `loader, library paths and libraries lose the prefix, and the program still runs${patchelf === undefined ? ' (skipped: patchelf is not installed)' : ''}`,
  () => {
    const file = join(room, 'true');
    const run = (...words: string[]): string =>
      execFileSync(patchelf ?? '', words, { encoding: 'utf8' }).trim();
    const plain = run('--print-interpreter', '/bin/true');
    writeFileSync(file, readFileSync('/bin/true'), { mode: 0o755 });
    run('--set-interpreter', `${prefix}/${plain}`, file);
    run('--set-rpath', `${prefix}/usr/lib:$ORIGIN/lib:${prefix}:${prefix}more/lib`, file);
    run('--replace-needed', 'libc.so.6', `${prefix}/lib/libc.so.6`, file);
    expect(strip(file)).toBe(3);
    expect(run('--print-interpreter', file)).toBe(plain);
    expect(run('--print-rpath', file)).toBe(`/usr/lib:$ORIGIN/lib:/:${prefix}more/lib`);
    expect(run('--print-needed', file)).toBe('/lib/libc.so.6');
    run('--replace-needed', '/lib/libc.so.6', 'libc.so.6', file);
    run('--remove-rpath', file);
    execFileSync(file);
    expect(strip(file)).toBe(0);
  },
);

test('what is no ELF file, cut short, or made up, is left alone', () => {
  const file = join(room, 'bad');
  const whole = readFileSync('/bin/true');
  const lies = Buffer.from(whole);
  lies.fill(0xff, 24, 64);
  const tables = Buffer.from(whole);
  tables.fill(0xff, 64, 1024);
  for (const content of ['', 'text', whole.subarray(0, 40), whole.subarray(0, 70), lies, tables]) {
    writeFileSync(file, content);
    expect(strip(file)).toBe(0);
    expect(readFileSync(file)).toEqual(Buffer.from(content));
  }
});
