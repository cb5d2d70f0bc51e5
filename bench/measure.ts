/**
 * Runs several commands in turn, round after round, and reports each as a ratio to the first. Machines are shared
 * and noisy, so figures are medians of whole-process CPU time (user + system, waited-for children included) and
 * wall-clock time of interleaved runs; only ratios within one run are worth quoting.
 */

export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before each round, outside the measurement. */
  readonly prepare?: () => void | Promise<void>;
  /** Standard input; nothing by default. */
  readonly stdin?: string;
}

export interface Figures {
  readonly name: string;
  /** Seconds. */
  readonly wall: number;
  /** Seconds. */
  readonly cpu: number;
  /** MiB, of the largest single process. */
  readonly peak: number;
}

/** Measures every contender `rounds` times after one warm-up. Throws when a command fails. */
export async function compare(contenders: readonly Contender[], rounds: number): Promise<Figures[]> {
  const samples = contenders.map((): Figures[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const sample = await once(contender);
      if (round >= 0) samples[index]?.push(sample);
    }
  }
  return contenders.map(({ name }, index) => {
    const of = samples[index] ?? [];
    return { name, wall: median(of, 'wall'), cpu: median(of, 'cpu'), peak: median(of, 'peak') };
  });
}

async function once({ name, command, env, prepare, stdin }: Contender): Promise<Figures> {
  await prepare?.();
  const started = performance.now();
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env },
    stdin: stdin === undefined ? 'ignore' : new TextEncoder().encode(stdin),
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const status = await child.exited;
  const wall = (performance.now() - started) / 1000;
  if (status !== 0)
    throw new Error(`${name} exited ${status}: ${(await new Response(child.stderr).text()).slice(-2000)}`);
  const usage = child.resourceUsage();
  if (usage === undefined) throw new Error(`${name}: no resource usage`);
  return { name, wall, cpu: Number(usage.cpuTime.total) / 1e6, peak: usage.maxRSS / 2 ** 20 };
}

function median(samples: readonly Figures[], key: 'wall' | 'cpu' | 'peak'): number {
  const sorted = samples.map((sample) => sample[key]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A Markdown table; ratios are to the first row. */
export function table(title: string, note: string, figures: readonly Figures[]): string {
  const base = figures[0];
  if (base === undefined) return '';
  const rows = figures.map(
    ({ name, wall, cpu, peak }) =>
      `| ${name} | ${cpu.toFixed(3)} | ${(cpu / base.cpu).toFixed(2)} | ${wall.toFixed(3)} | ${(wall / base.wall).toFixed(2)} | ${peak.toFixed(0)} |`,
  );
  return [
    `## ${title}`,
    '',
    note,
    '',
    '| command | CPU s | ratio | wall s | ratio | peak MiB |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
