/**
 * Builds the single file for one CPU: bundles src/main.ts with its workers, embeds the native engine, and puts
 * the engine's hash in at build time so that the extracted copy can be named after it.
 *
 *     bun scripts/build.ts x86_64|aarch64 OUTFILE
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const targets = {
  x86_64: { bun: 'bun-linux-x64', runtime: 'node_modules/@oven/bun-linux-x64/bin/bun' },
  aarch64: { bun: 'bun-linux-arm64', runtime: 'build/cross/node_modules/@oven/bun-linux-aarch64/bin/bun' },
} as const;

const [architecture, outfile] = process.argv.slice(2);
if ((architecture !== 'x86_64' && architecture !== 'aarch64') || outfile === undefined) {
  throw new Error('usage: bun scripts/build.ts x86_64|aarch64 OUTFILE');
}
const target = targets[architecture];
const runtime = [
  resolve(target.runtime),
  resolve(`node_modules/@oven/bun-linux-${architecture === 'x86_64' ? 'x64' : 'aarch64'}/bin/bun`),
].find(existsSync);
if (runtime === undefined)
  throw new Error(`no runtime for ${architecture}: run make deps or make cross-deps`);

const engine = resolve(`build/native/${architecture}/udocker-engine`);
const hash = createHash('sha256').update(readFileSync(engine)).digest('hex').slice(0, 16);
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const result = await Bun.build({
  entrypoints: ['src/main.ts', ...workers()],
  target: 'bun',
  minify: true,
  bytecode: true,
  format: 'esm',
  // A command's own code is then read and decoded only when that command is used.
  splitting: true,
  define: {
    UDOCKER_VERSION: JSON.stringify(version),
    UDOCKER_ENGINE_HASH: JSON.stringify(hash),
  },
  plugins: [
    {
      name: 'native-engine',
      setup(build) {
        build.onResolve({ filter: /^udocker:engine$/ }, () => ({ path: engine }));
        build.onLoad({ filter: /\/udocker-engine$/ }, () => ({
          contents: readFileSync(engine),
          loader: 'file',
        }));
      },
    },
  ],
  compile: {
    target: target.bun as 'bun-linux-x64',
    outfile: resolve(outfile),
    executablePath: runtime,
    autoloadDotenv: false,
    autoloadBunfig: false,
    // Of the first thread; workers are not affected. Most commands end before compiled code pays: a fifth of the
    // time of a run was the compiler's.
    jitPolicy: 40,
  },
});
for (const message of result.logs) console.error(message);
if (!result.success) process.exit(1);

/** Worker threads start from entry points of their own: the files named `worker.ts` (see src/system/workers.ts). */
function workers(): string[] {
  return [...new Bun.Glob('src/**/worker.ts').scanSync('.')].sort();
}
