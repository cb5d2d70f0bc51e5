import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

test('opening the store loads neither a schema library, nor crypto, HTTP or TLS', () => {
  const transpiler = new Bun.Transpiler({ loader: 'ts' });
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    if (!path.endsWith('.ts')) return;
    for (const { path: to, kind } of transpiler.scanImports(readFileSync(path, 'utf8'))) {
      if (kind === 'import-statement') visit(to.startsWith('.') ? join(dirname(path), to) : to);
    }
  };
  visit(join(import.meta.dir, 'store.ts'));
  expect(loaded.size).toBeGreaterThan(20);
  const outside = [...loaded].filter((path) => !path.endsWith('.ts')).sort();
  expect(outside).toEqual(['node:fs', 'node:path']);
});
