/**
 * Holds the structure: which room may import which (the table of ARCHITECTURE.md), who may touch the machine,
 * and that nothing imports in a circle.
 */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { commands } from '../src/cli/commands/table.ts';

const below = ['oci', 'registry', 'store', 'layers', 'run', 'engines', 'execute', 'system', 'config'];
const allowed: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'cli/commands', 'config', 'system'],
  cli: ['actions', 'config'],
  'cli/commands': ['cli', 'actions', 'config', 'oci', 'run'],
  actions: below,
  oci: [],
  registry: ['oci', 'system'],
  store: ['oci', 'system'],
  layers: ['oci', 'system'],
  run: ['oci'],
  engines: ['oci', 'run'],
  execute: ['engines', 'system', 'run'],
  system: [],
  config: ['oci'],
};
const leaves = ['src/errors.ts', 'src/paths.ts'];
const machineModules =
  /^(?:node:)?(?:fs|fs\/promises|child_process|http|https|net|tls|dns|os|tty|worker_threads|cluster)$|^bun(?::|$)|^socks$/;

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased by the compiler: constrains the structure, but loads nothing. */
  readonly typeOnly: boolean;
}

const files = [...new Bun.Glob('src/**/*.ts').scanSync('.')]
  .filter((path) => !/\.test\.ts$|\.d\.ts$/.test(path))
  .sort();
const imports = files.flatMap(importsOf);

test('there is something to hold', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(imports.length).toBeGreaterThan(50);
});

test('rooms import only what the table allows', () => {
  const wrong = imports
    .filter(({ to }) => to.startsWith('src/') && !leaves.includes(to))
    .filter(({ from, to }) => roomOf(from) !== roomOf(to))
    .filter(({ from, to }) => !(allowed[roomOf(from)] ?? []).includes(roomOf(to)))
    .map(({ from, to }) => `${from} -> ${to}`);
  expect(wrong).toEqual([]);
});

test('only system/ touches the machine', () => {
  const wrong = imports
    .filter(({ from, to, typeOnly }) => !typeOnly && machineModules.test(to) && roomOf(from) !== 'system')
    .map(({ from, to }) => `${from} -> ${to}`);
  expect(wrong).toEqual([]);
});

test('only cli/ prints', () => {
  const printing = /\bconsole\.|process\.std(?:out|err)\b/;
  const wrong = files
    .filter((path) => !/^src\/(?:cli\/|main|system\/)/.test(path))
    .filter((path) => printing.test(code(path)));
  expect(wrong).toEqual([]);
});

test('nothing imports in a circle', () => {
  const graph = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly && to.startsWith('src/')) graph.set(from, [...(graph.get(from) ?? []), to]);
  }
  expect(findCycle(graph)).toEqual([]);
});

test('no file is a giant', () => {
  const giants = files.filter((path) => code(path).split('\n').length > 400);
  expect(giants).toEqual([]);
});

test('what a text tells to type is a command that exists', () => {
  const known = commands.map(({ name }) => name);
  // Behind a colon, a semicolon or a comma it is typed; elsewhere it is prose.
  const told = files.flatMap((path) =>
    [...withoutComments(path).matchAll(/[:;,] udocker (?:--\S+ )*([a-z]+)/g)].map(([, name]) => ({
      path,
      name,
    })),
  );
  expect(told.length).toBeGreaterThan(10);
  expect(told.filter(({ name }) => !known.includes(name ?? ''))).toEqual([]);
});

function code(path: string): string {
  return readFileSync(path, 'utf8');
}

function withoutComments(path: string): string {
  return code(path).replace(/^\s*(?:\/?\*|\/\/).*$/gm, '');
}

function roomOf(path: string): string {
  const parts = path.split('/');
  if (path === 'src/main.ts') return 'main';
  if (parts[1] === 'cli' && parts[2] === 'commands') return 'cli/commands';
  return parts[1] ?? '';
}

function importsOf(path: string): Import[] {
  const pattern =
    /(?:^|\n)\s*(import|export)\s+(type\s+)?[^;'"]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]|new URL\(\s*['"](\.[^'"]+)['"]/g;
  return [...code(path).matchAll(pattern)].map((match) => {
    const target = match[3] ?? match[4] ?? match[5] ?? match[6] ?? '';
    const to = target.startsWith('.') ? normalize(join(dirname(path), target)) : target;
    return { from: path, to, typeOnly: match[2] !== undefined };
  });
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (node: string, path: string[]): string[] => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return [];
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle.length > 0) return cycle;
    }
    done.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
