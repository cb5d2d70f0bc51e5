import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { withoutLibrarySignals } from '../../test/support/signals.ts';
import { startProgram } from '../../test/support/store.ts';

const module_ = join(import.meta.dir, 'native-calls.ts');

/** Runs a shell line in which `become` turns the runtime into `sh -c SCRIPT`. */
async function afterBecoming(script: string, shellLine = 'exec "$@"'): Promise<string> {
  const code = `const { becomeProgram } = await import(${JSON.stringify(module_)});
    process.stdout.write('');
    becomeProgram('/bin/sh', ['my name', '-c', ${JSON.stringify(script)}], { A: '1', EMPTY: '', PATH: process.env.PATH });`;
  const child = startProgram('sh', ['-c', shellLine, 'sh', process.execPath, '-e', code]);
  let text = '';
  child.process.stdout?.on('data', (data: Buffer) => {
    text += data.toString();
  });
  const { status, stderr } = await child.ended;
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return text;
}

test('the program gets exactly its arguments and environment', async () => {
  expect(await afterBecoming('echo "$0 $#"; env | grep -v "^PWD=\\|^_=\\|^PATH=\\|^SHLVL=" | sort')).toBe(
    'my name 0\nA=1\nEMPTY=\n',
  );
});

test('no signal is ignored or blocked', async () => {
  const status = await afterBecoming('grep "Sig[BI]" /proc/self/status');
  expect(withoutLibrarySignals(status)).toMatch(/SigBlk:\t0{16}\nSigIgn:\t0{16}/);
});

test('what the caller ignores stays ignored (nohup)', async () => {
  const status = await afterBecoming('grep SigIgn /proc/self/status', 'trap "" HUP; exec "$@"');
  expect(withoutLibrarySignals(status)).toBe('SigIgn:\t0000000000000001\n');
});

test('the limit of open files is the one the caller had', async () => {
  // The shell stays the parent, with the limit it has set.
  expect(await afterBecoming('ulimit -Sn', 'ulimit -Sn 321; "$@"; exit $?')).toBe('321\n');
});

test('the process goes on when the kernel refuses', async () => {
  const code = `const { becomeProgram } = await import(${JSON.stringify(module_)});
    try { becomeProgram('/nonexistent', ['x'], {}); } catch (error) { console.log('caught', error.code, error.path); }`;
  const child = startProgram(process.execPath, ['-e', code]);
  expect(await child.said('caught')).toBe('caught ENOENT /nonexistent');
  expect(await child.ended).toEqual({ status: 0, stderr: '' });
});
