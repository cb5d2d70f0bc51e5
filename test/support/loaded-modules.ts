/**
 * Runs a bundle made for `require` and tells which modules of the runtime it loaded. Started as a program of its
 * own: LOADED_BUNDLE names the bundle, LOADED_REPORT the file for the answer; the arguments are those of udocker.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const bundle = process.env.LOADED_BUNDLE ?? '';
const report = process.env.LOADED_REPORT ?? '';
const real = createRequire(import.meta.url);
const loaded = new Set<string>();

function record(name: string): unknown {
  loaded.add(name.replace(/^node:/, ''));
  return real(name);
}

process.on('exit', () => {
  // The schema library is part of the bundle; it announces itself by its global registry.
  if ('__zod_globalRegistry' in globalThis) loaded.add('zod');
  writeFileSync(report, JSON.stringify([...loaded].sort()));
});

// A bundle is one function expression. Imports in it that are still dynamic are recorded too.
const text = readFileSync(bundle, 'utf8').replace(/\bimport\("([^"]+)"\)/g, 'Promise.resolve(require("$1"))');
const run: (...words: unknown[]) => void = new Function(`return ${text.replace(/^\/\/.*\n/, '')}`)();
const module = { exports: {} };
run(module.exports, record, module, bundle, '/');
