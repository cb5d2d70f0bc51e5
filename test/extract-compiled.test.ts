/** Threads inside the single executable, where worker files are embedded and no source is at hand. */

import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Sandbox } from './support/extraction.ts';
import { tar } from './support/tar-writer.ts';

const program = `
import { applyLayers } from './layers/apply-layers.ts';
const [blob, root, ownersFile] = process.argv.slice(2);
applyLayers({ layers: [{ path: blob }], root, ownersFile, work: 'threads' }).then(
  (report) => console.log(JSON.stringify(report)),
  (error) => console.log(error.message),
);
`;

test('a compiled program extracts in threads', () => {
  using box = new Sandbox();
  const source = join(box.path, 'source');
  fs.cpSync(join(import.meta.dir, '../src'), source, { recursive: true });
  fs.writeFileSync(join(source, 'probe.ts'), program);
  const file = join(box.path, 'program');
  const build = [
    'build',
    '--compile',
    '--minify',
    '--bytecode',
    '--root',
    '.',
    './probe.ts',
    './layers/worker.ts',
  ];
  const built = spawnSync(process.execPath, [...build, '--outfile', file], { cwd: source, encoding: 'utf8' });
  expect(built.stderr).not.toContain('error');
  fs.rmSync(source, { recursive: true });
  const { path } = box.blob(gzipSync(tar({ name: 'f', content: 'in a thread', uid: 4 })));
  const ran = spawnSync(file, [path, box.root, box.ownersFile], { cwd: '/', encoding: 'utf8' });
  expect(JSON.parse(ran.stdout)).toMatchObject({ files: 1, layers: 1, ownersListed: 1 });
  expect(box.tree()).toEqual({ f: 'file 0644 in a thread' });
}, 120_000);
