import { describe, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { isTerminal, terminalColumns } from './terminal.ts';

const module = resolve(import.meta.dir, 'terminal.ts');

/** Runs `command` with sh; `$WRITE n` is a program that writes n lines of ten bytes to its stdout and says how. */
function shell(command: string): string {
  const program = `
    const { TerminalOutput } = await import(${JSON.stringify(module)});
    const out = new TerminalOutput(1);
    for (let i = 0; i < 100; i += 1) out.write('123456789\\n'.repeat(Number(process.argv[1]) / 100));
    require('node:fs').writeSync(2, 'done\\n');
  `;
  const script = `write() { "$BUN" -e "$PROGRAM" "$1"; }; ${command}`;
  const env = { ...process.env, BUN: process.execPath, PROGRAM: program };
  return execFileSync('sh', ['-c', script], { env, encoding: 'utf8', timeout: 30_000 });
}

describe('TerminalOutput', () => {
  test('writes everything to a slow reader', () => {
    expect(shell('write 100000 2>/dev/null | (sleep 0.3; wc -c)').trim()).toBe('1000000');
  });

  test('also when somebody made the pipe non-blocking', () => {
    const nonblocking = `perl -MFcntl -e 'fcntl(STDOUT, F_SETFL, O_WRONLY|O_NONBLOCK) or die; exec @ARGV'`;
    const command = `${nonblocking} "$BUN" -e "$PROGRAM" 100000 2>/dev/null | (sleep 0.3; wc -c)`;
    expect(shell(command).trim()).toBe('1000000');
  });

  test('a reader that goes away is no error', () => {
    expect(shell('{ { write 100000 2>&3; echo "status $?" >&3; } | head -1 >/dev/null; } 3>&1')).toBe(
      'done\nstatus 0\n',
    );
  });

  test('a full disk is an error', () => {
    expect(
      shell('write 100 2>&1 >/dev/full | grep -o "writing the output: no space left.*$" || true'),
    ).toContain('writing the output: no space left on the device');
  });

  test('a closed descriptor is no error', () => {
    expect(shell('write 100 2>&1 >&-')).toBe('done\n');
  });
});

describe('isTerminal', () => {
  test.each(['/dev/null', '/dev/zero', '/etc/passwd', '/'])('%s is none', (path) => {
    const fd = openSync(path, 'r');
    expect(isTerminal(fd)).toBe(false);
    closeSync(fd);
  });

  test('a descriptor that is not open is none', () => {
    expect(isTerminal(987)).toBe(false);
  });

  test('a pseudo terminal is one', () => {
    const fd = openSync('/dev/ptmx', 'r+');
    expect(isTerminal(fd)).toBe(true);
    closeSync(fd);
  });
});

test('the width of what is no terminal is 80', async () => {
  const fd = openSync('/dev/null', 'w');
  expect(await terminalColumns(fd)).toBe(80);
  closeSync(fd);
});
