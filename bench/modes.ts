/** The modes that this host can run, each with the engine's own command for the same container. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
      const planOf = async (command: readonly string[]) =>
        parsePlan(await bench.must([bench.udocker, '-q', 'run', '--dry-run', container, ...command], env));
      const { engine, bare } = await planOf(words);
      const { command } = (await planOf(['/bin/true'])).bare;
      const own = command.includes('--bundle') ? alone(bench, engine, command, words) : bare.command;
      found.push({ name: candidate.name, env, engine, bare: { ...bare, command: own } });
    } else console.error(`skipped: mode ${candidate.name}: ${first.stderr.trim()}`);
  }
  return found;
}

/**
 * An OCI runtime without anything of udocker's in it: the bundle of a run that took place, but with `words` as process
 * 1 in the place of our init, and without what lets the runtime end before the program.
 */
function alone(bench: Bench, engine: string, command: readonly string[], words: readonly string[]): string[] {
  const at = command.indexOf('--bundle') + 1;
  const config = JSON.parse(readFileSync(join(command[at] ?? '', 'config.json'), 'utf8'));
  config.process.args = words;
  const bundle = join(bench.disk, `bundle-${engine}`);
  mkdirSync(bundle, { recursive: true });
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  const descriptors = command.indexOf('--preserve-fds');
  const dropped = [command.indexOf('--detach'), ...(descriptors < 0 ? [] : [descriptors, descriptors + 1])];
  return command
    .map((word, index) => (index === at ? bundle : word))
    .filter((_, index) => !dropped.includes(index));
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
