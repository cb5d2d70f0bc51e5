import { afterEach, beforeEach, expect, test } from 'bun:test';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hostPath } from '../paths.ts';
import { placeEngine } from './embedded-engine.ts';
import { findExecutable } from './processes.ts';

const name = 'udocker-engine-0123456789abcdef';
const program = fs.readFileSync('/bin/true');
let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'udocker-engine-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

function place(places: readonly string[]) {
  const troubles: string[] = [];
  const path = placeEngine(
    name,
    program,
    places.map((path) => hostPath(path)),
    (text) => troubles.push(text),
  );
  return { path: path as string | undefined, troubles };
}

test('it is put into the first place, and found there the next time', () => {
  const { path } = place([join(directory, 'bin')]);
  expect(path).toBe(join(directory, 'bin', name));
  const { ino } = fs.statSync(path ?? '');
  expect([spawnSync(path ?? '').status, place([join(directory, 'bin')]).path]).toEqual([0, path]);
  expect(fs.statSync(path ?? '').ino).toBe(ino);
  expect(fs.readdirSync(join(directory, 'bin'))).toEqual([name]);
});

test('a place that is none is passed over, with the reason', () => {
  fs.writeFileSync(join(directory, 'file'), '');
  const { path, troubles } = place([join(directory, 'file/bin'), join(directory, 'other')]);
  expect(path).toBe(join(directory, 'other', name));
  expect(troubles.join()).toContain('file/bin');
});

test('engines of other builds go when they are old, nothing else does', () => {
  const entry = (file: string, days: number) => {
    fs.writeFileSync(join(directory, file), '');
    const time = Date.now() / 1000 - days * 24 * 3600;
    fs.utimesSync(join(directory, file), time, time);
  };
  entry('udocker-engine-00000000000000aa', 40);
  entry('udocker-engine-00000000000000bb', 2);
  entry('udocker-engine-mine', 400);
  entry('proot-x86_64', 400);
  place([directory]);
  expect(fs.readdirSync(directory).sort()).toEqual(
    ['proot-x86_64', 'udocker-engine-00000000000000bb', name, 'udocker-engine-mine'].sort(),
  );
});

test('without any place it runs from memory', () => {
  const { path } = place([]);
  expect(path).toMatch(/^\/proc\/\d+\/fd\/\d+$/);
  expect(findExecutable(path ?? '', '') as string | undefined).toBe(path);
  expect(spawnSync(path ?? '').status).toBe(0);
});

const mounts = spawnSync('unshare', ['--mount', 'true']).status === 0;
const title = `a noexec file system is passed over${mounts ? '' : ' (skipped: mounting is not allowed here)'}`;
test.skipIf(!mounts)(title, () => {
  const noexec = join(directory, 'noexec');
  fs.mkdirSync(noexec);
  const script = `
    import { placeEngine } from '${resolve('src/system/embedded-engine.ts')}';
    import { readFileSync } from 'node:fs';
    const places = ['${noexec}', '${join(directory, 'good')}'];
    console.log(placeEngine('${name}', readFileSync('/bin/true'), places, (text) => console.log(text)));`;
  fs.writeFileSync(join(directory, 'place.ts'), script);
  const command = `mount -t tmpfs -o noexec tmpfs '${noexec}' && exec '${process.execPath}' '${join(directory, 'place.ts')}' && ls '${noexec}'`;
  const output = execFileSync('unshare', ['--mount', 'sh', '-c', command], { encoding: 'utf8' });
  expect(output).toBe(
    `the native engine cannot be executed in ${noexec}, which is mounted noexec\n${join(directory, 'good', name)}\n`,
  );
});
