/**
 * `make bench`: prepares images, registry and containers, runs every benchmark and writes docs/benchmarks.md.
 *     bun bench/all.ts [startup] [pull] [create] [run] [memory]     some of them only, printed and not written
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { must } from '../test/support/oci-images.ts';
import { type Bench, openBench } from './bench.ts';
import { benchCreate } from './create.ts';
import { benchMemory } from './memory.ts';
import { benchPull } from './pull.ts';
import { missed, type Section, sectionText } from './report.ts';
import { benchRun } from './run.ts';
import { benchStartup, fillRepository } from './startup.ts';

const wanted = process.argv.slice(2);
const wants = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const bench = await openBench();
try {
  const sections: Section[] = [];
  for await (const section of measured(bench)) {
    sections.push(section);
    console.log(sectionText(section));
  }
  if (wanted.length === 0) write(sections);
} finally {
  await bench.close();
}

async function* measured(bench: Bench): AsyncGenerator<Section> {
  const { one, eight } = bench.images;
  if (wants('startup') || wants('run') || wants('memory')) {
    const repository = await fillRepository(bench);
    if (wants('startup')) yield await benchStartup(bench, repository);
    if (wants('run')) yield* benchRun(bench, repository);
    if (wants('memory')) yield await benchMemory(bench, repository);
  }
  for (const image of [one, eight]) {
    if (wants('pull'))
      for (const place of ['memory', 'disk'] as const) yield await benchPull(bench, image, place);
    if (wants('create')) yield await benchCreate(bench, image);
  }
}

function write(sections: readonly Section[]): void {
  const goals = sections.reduce((sum, { goals }) => sum + goals.length, 0);
  const open = sections.reduce((sum, section) => sum + missed(section).length, 0);
  mkdirSync('docs', { recursive: true });
  const text = [
    '# Benchmarks',
    '',
    readFileSync(new URL('method.md', import.meta.url), 'utf8').trim(),
    '',
    `Machine: ${machine()}.`,
    `Peers: ${peers().join(', ')}.`,
    `${goals - open} of ${goals} goals are reached.`,
    '',
    ...sections.map(sectionText),
  ].join('\n');
  writeFileSync('docs/benchmarks.md', `${text.trimEnd()}\n`);
  console.log('written: docs/benchmarks.md');
}

function machine(): string {
  const [cpu] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} CPUs (${cpu?.model ?? 'unknown'}), ${gib} GiB, Linux ${release()}, load ${loadavg()[0]?.toFixed(1)} at the end${realTime() ? ', real-time priority' : ''}`;
}

/** Whether the kernel prefers us, and all that we start, to whatever else the machine does: field 41 of stat. */
function realTime(): boolean {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const policy = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38];
  return policy === '1' || policy === '2';
}

function peers(): string[] {
  const programs = ['python3', 'podman', 'skopeo', 'curl', 'tar', 'umoci', 'runc', 'crun', 'bwrap'];
  return programs.map((name) => must(name, '--version').split(/[\n(]/)[0]?.trim() ?? name);
}
