/**
 * What each command loads, seen on the bundle itself: the start-up of `run`, `ps`, `images` and `version` is spent
 * by every script thousands of times, and HTTP, TLS, crypto or a schema library would double it.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const heavy = [
  'http',
  'https',
  'http2',
  'net',
  'tls',
  'dns',
  'crypto',
  'zlib',
  'stream',
  'worker_threads',
  'readline',
  'tty',
  'zod',
];
let directory: string;
let bundle: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'udocker-lazy-'));
  const result = await Bun.build({
    entrypoints: ['src/main.ts'],
    target: 'bun',
    format: 'cjs',
    external: ['udocker:engine'],
    define: { UDOCKER_VERSION: '"0.0.0"' },
    outdir: directory,
  });
  expect(result.logs).toEqual([]);
  bundle = join(directory, 'main.js');
  const container = join(directory, 'home/.udocker/containers/aaaaaaaa-bbbb-3ccc-8ddd-eeeeeeeeeeee');
  mkdirSync(join(container, 'ROOT/bin'), { recursive: true });
  writeFileSync(join(container, 'ROOT/bin/true'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(container, 'container.json'), '{}');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Modules that a command loads, whatever its status. */
function loadedBy(...words: string[]): string[] {
  const report = join(directory, 'report');
  writeFileSync(report, '');
  const env = {
    PATH: process.env.PATH,
    HOME: join(directory, 'home'),
    XDG_RUNTIME_DIR: directory,
    LOADED_BUNDLE: bundle,
    LOADED_REPORT: report,
  };
  const program = [resolve('test/support/loaded-modules.ts'), '--allow-root', ...words];
  try {
    execFileSync(process.execPath, program, { env, stdio: 'ignore', timeout: 60_000 });
  } catch (error) {
    if (typeof (error as { status?: unknown }).status !== 'number') throw error;
  }
  return JSON.parse(readFileSync(report, 'utf8'));
}

test.each([
  [['version']],
  [['help']],
  [['help', 'pull']],
  [['nosuch']],
  [['showconf']],
  [['ps']],
  [['ps', '-m', '-s', '-p', '--format=json']],
  [['images']],
  [['images', '-l', '-p']],
  [['inspect', 'aaaaaaaa-bbbb-3ccc-8ddd-eeeeeeeeeeee']],
  [['run', '--dry-run', 'aaaaaaaa-bbbb-3ccc-8ddd-eeeeeeeeeeee', 'true']],
])('%j loads nothing heavy', (words) => {
  const loaded = loadedBy(...words);
  expect(loaded).toContain('fs');
  expect(loaded.filter((name) => heavy.includes(name))).toEqual([]);
});

test('the measurement sees what pull loads', () => {
  const loaded = loadedBy('pull', '--registry=http://127.0.0.1:1', 'lab/none');
  for (const name of ['net', 'tls', 'crypto', 'zod']) expect(loaded).toContain(name);
});
