/** The modes that this host can run, each with the engine's own command for the same container. */
import type { Bench } from './bench.ts';

export interface BenchMode {
  /** `R1 with crun`. */
  readonly name: string;
  readonly engine: string;
  /** Chooses the mode. */
  readonly env: Readonly<Record<string, string>>;
  /** What `run` ends in, without udocker: the same bundle, the same options. */
  readonly bare: { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>> };
}

const candidates = [
  { name: 'N1', env: { UDOCKER_DEFAULT_EXECUTION_MODE: 'N1' } },
  { name: 'N2', env: { UDOCKER_DEFAULT_EXECUTION_MODE: 'N2' } },
  ...['crun', 'runc'].map((runtime) => ({
    name: `R1 with ${runtime}`,
    env: { UDOCKER_DEFAULT_EXECUTION_MODE: 'R1', UDOCKER_USE_RUNC_EXECUTABLE: runtime },
  })),
  { name: 'P1', env: { UDOCKER_DEFAULT_EXECUTION_MODE: 'P1' } },
  { name: 'P2', env: { UDOCKER_DEFAULT_EXECUTION_MODE: 'P2' } },
];

/** Tries every mode with `words` in `container`; those that cannot run here are told on stderr. */
export async function workingModes(
  bench: Bench,
  repository: string,
  container: string,
  words: readonly string[],
): Promise<BenchMode[]> {
  const found: BenchMode[] = [];
  for (const candidate of candidates) {
    const env = { ...candidate.env, UDOCKER_DIR: repository };
    const first = await bench.run([bench.udocker, '-q', 'run', container, '/bin/true'], env);
    if (first.status === 0) {
      const plan = await bench.must([bench.udocker, '-q', 'run', '--dry-run', container, ...words], env);
      found.push({ name: candidate.name, env, ...parsePlan(plan) });
    } else console.error(`skipped: mode ${candidate.name}: ${first.stderr.trim()}`);
  }
  return found;
}

function parsePlan(text: string): Pick<BenchMode, 'engine' | 'bare'> {
  const of = (label: string): string[] =>
    text.split('\n').flatMap((line) => (line.startsWith(`${label}: `) ? [line.slice(label.length + 2)] : []));
  const env = of('env').map((line) => unquote(line).join(' '));
  return {
    engine: of('engine')[0] ?? '',
    bare: {
      command: unquote(of('command')[0] ?? ''),
      env: Object.fromEntries(
        env.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
      ),
    },
  };
}

/** The words of a line that was quoted for a shell. */
function unquote(line: string): string[] {
  const words = line.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|\\(.)/g, '$1$2'));
}
