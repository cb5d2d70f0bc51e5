/**
 * Runs several commands in turn, round after round. Machines are shared and noisy, so figures are medians of CPU
 * time (user + system of everything that was started, processes left behind included) and wall-clock time of
 * interleaved rounds; only ratios within one table are worth quoting. The counting is done by a small C program
 * (bench/engine/measure.c): what this runtime starts itself is charged with this runtime's memory.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.ts';

export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before each round, outside the measurement. */
  readonly prepare?: () => void;
}

export interface Figures {
  readonly name: string;
  /** Seconds. */
  readonly wall: number;
  /** Seconds. */
  readonly cpu: number;
  /** MiB, of the largest single process. */
  readonly peak: number;
  /** Shown in the place of times, where there are none. */
  readonly detail?: string;
}

/** Measures every contender `rounds` times after one warm-up. Throws when a command fails. */
export async function compare(
  bench: Bench,
  contenders: readonly Contender[],
  rounds: number,
): Promise<Figures[]> {
  const samples = contenders.map((): Figures[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const sample = await once(bench, contender);
      if (round >= 0) samples[index]?.push(sample);
    }
  }
  return contenders.map(({ name }, index) => {
    const of = samples[index] ?? [];
    return { name, wall: median(of, 'wall'), cpu: median(of, 'cpu'), peak: median(of, 'peak') };
  });
}

async function once(bench: Bench, { name, command, env = {}, prepare }: Contender): Promise<Figures> {
  prepare?.();
  const output = join(bench.disk, 'sample');
  const { status, stderr } = await bench.run([bench.measure, output, ...command], env);
  if (status !== 0)
    throw new Error(`${name}: ${command.join(' ')}: status ${status}: ${stderr.slice(-2000)}`);
  const [wall = Number.NaN, cpu = Number.NaN, peak = Number.NaN] = readFileSync(output, 'utf8')
    .split(' ')
    .map(Number);
  rmSync(output);
  return { name, wall, cpu, peak: peak / 1024 };
}

function median(samples: readonly Figures[], key: 'wall' | 'cpu' | 'peak'): number {
  const sorted = samples.map((sample) => sample[key]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
