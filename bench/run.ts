/** Run: what starting /bin/true costs in each mode, beside the engine alone and beside others. */
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { type Contender, compare } from './measure.ts';
import { type BenchMode, workingModes } from './modes.ts';
import type { Section } from './report.ts';

const rounds = 15;
const container = 'first';
const bwrap = 'bwrap';
const startUp = 'udocker version';
const why =
  'A third is the start of the runtime, a sixth that of every command (words, configuration); the rest is spread over ' +
  'code that runs once, a few hundred functions of some ten microseconds each.';

/** One table per mode; in the first also the peers. */
export async function* benchRun(bench: Bench, repository: string): AsyncGenerator<Section> {
  const modes = await workingModes(bench, repository, container, ['/bin/true']);
  const peers = await peersOf(bench, repository);
  for (const mode of modes) yield await benchMode(bench, mode, mode === modes[0] ? peers : []);
}

async function benchMode(bench: Bench, mode: BenchMode, peers: readonly Contender[]): Promise<Section> {
  const { name, engine, env, bare } = mode;
  const alone = `${engine} alone`;
  const ours = `udocker run, ${name}`;
  const figures = await compare(
    bench,
    [
      { name: alone, ...bare },
      { name: ours, command: [bench.udocker, '-q', 'run', container, '/bin/true'], env },
      ...peers,
    ],
    rounds,
  );
  return {
    title: `Run of /bin/true, ${name}`,
    method: `Medians of ${rounds} rounds; ${alone} runs the command that udocker ends in.`,
    figures,
    goals: [
      { row: ours, figure: 'cpu', base: alone, plus: 0.02, why },
      ...(peers.some((one) => one.name === bwrap)
        ? [{ row: ours, figure: 'cpu', base: bwrap, times: 1.5, plusRow: startUp, why } as const]
        : []),
    ],
  };
}

async function peersOf(bench: Bench, repository: string): Promise<Contender[]> {
  const containers = join(repository, 'containers');
  const root = (await bench.must(['readlink', '-f', join(containers, container, 'ROOT')])).trim();
  const podman = ['podman', '--runtime=runc', 'run', '--rm', '--network=host'];
  const all: Contender[] = [
    { name: startUp, command: [bench.udocker, 'version'] },
    {
      name: bwrap,
      command: ['bwrap', '--bind', root, '/', '--proc', '/proc', '--dev', '/dev', '/bin/true'],
    },
    { name: 'podman run --rootfs', command: [...podman, '--rootfs', root, '/bin/true'] },
  ];
  const working: Contender[] = [];
  for (const one of all) {
    // Not measured: podman leaves a process behind that holds its user namespace.
    const { status, stderr } = await bench.run(one.command);
    if (status === 0) working.push(one);
    else console.error(`skipped: ${one.name}: ${stderr.trim()}`);
  }
  return working;
}
