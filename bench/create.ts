/**
 * Create: extracting the same layers with `tar -xzf`, `umoci unpack --rootless` and ours (both sums of every layer
 * checked), taking turns in one run. Prints medians of CPU and wall time and their ratios to tar.
 * Usage: bun bench/create.ts [ROUNDS] [DIRECTORY]; put the directory on tmpfs to leave the disk out.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianTar, image, must, type OciImage } from '../test/support/oci-images.ts';
import { splitTar } from '../test/support/tar-split.ts';

const rounds = Number(process.argv[2] ?? 5);
const place = fs.mkdtempSync(join(process.argv[3] ?? tmpdir(), 'udocker-bench-'));

const program = `
import { applyLayers } from './layers/apply-layers.ts';
const [layers, root, work] = process.argv.slice(2);
applyLayers({ layers: JSON.parse(layers), root, ownersFile: root + '.owners', ...(work ? { work } : {}) }).catch((error) => {
  console.error(error);
  process.exit(1);
});
`;

interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

type Contestant = (image: OciImage, root: string) => string[];

/** Compiles a program that only extracts, as the product does it. */
function ours(): string {
  const source = join(place, 'source');
  fs.cpSync(join(import.meta.dir, '../src'), source, { recursive: true });
  fs.writeFileSync(join(source, 'probe.ts'), program);
  const file = join(place, 'extract');
  const built = Bun.spawnSync(
    [
      process.execPath,
      'build',
      '--compile',
      '--minify',
      '--bytecode',
      '--root',
      '.',
      './probe.ts',
      './layers/worker.ts',
      '--outfile',
      file,
    ],
    { cwd: source },
  );
  if (!built.success) throw new Error(built.stderr.toString());
  return file;
}

const executable = ours();
const contestants: Record<string, Contestant> = {
  'tar -xzf': ({ layers }, root) => [
    'sh',
    '-c',
    'root=$1; shift; mkdir "$root"; for layer; do tar -xzf "$layer" -C "$root" || exit 1; done',
    'sh',
    root,
    ...layers.map(({ path }) => path),
  ],
  udocker: ({ layers }, root) => [executable, JSON.stringify(layers), root],
  'udocker, one thread': ({ layers }, root) => [executable, JSON.stringify(layers), root, 'inline'],
  'umoci unpack --rootless': ({ layout }, root) => [
    'umoci',
    'unpack',
    '--rootless',
    '--image',
    `${layout}:test`,
    root,
  ],
};

function measure(command: string[]): Cost {
  const start = performance.now();
  const { success, resourceUsage, stderr } = Bun.spawnSync(command, { stdout: 'ignore', stderr: 'pipe' });
  if (!success) throw new Error(`${command[0]}: ${stderr}`);
  return { wall: performance.now() - start, cpu: Number(resourceUsage.cpuTime.total) / 1000 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function compare(title: string, original: OciImage): void {
  const costs = new Map(Object.keys(contestants).map((name) => [name, [] as Cost[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(contestants)) {
      const root = join(place, 'root');
      costs.get(name)?.push(measure(command(original, root)));
      must('rm', '-rf', root, `${root}.owners`);
    }
  }
  const bytes = original.layers.reduce((sum, { descriptor }) => sum + (descriptor?.size ?? 0), 0);
  console.log(
    `\n${title}: ${original.layers.length} layers, ${(bytes / 1e6).toFixed(0)} MB compressed, ${rounds} rounds`,
  );
  const base = summary(costs.get('tar -xzf') ?? []);
  for (const [name, all] of costs) {
    const { cpu, wall } = summary(all);
    const ratios = `${(cpu / base.cpu).toFixed(2)}x CPU, ${(wall / base.wall).toFixed(2)}x wall of tar`;
    console.log(`  ${name.padEnd(24)} CPU ${cpu.toFixed(0)} ms, wall ${wall.toFixed(0)} ms: ${ratios}`);
  }
}

function summary(all: readonly Cost[]): Cost {
  return { cpu: median(all.map(({ cpu }) => cpu)), wall: median(all.map(({ wall }) => wall)) };
}

try {
  compare(
    'Debian with gcc, one layer',
    image('extract-debian-1', () => [debianTar()]),
  );
  compare(
    'Debian with gcc, eight layers',
    image('extract-debian-8', () => splitTar(debianTar(), 8)),
  );
} finally {
  fs.rmSync(place, { recursive: true });
}
