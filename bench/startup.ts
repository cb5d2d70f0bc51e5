/** Start-up of commands that only look at the repository. */
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { type Contender, compare } from './measure.ts';
import type { Section } from './report.ts';

const rounds = 15;

/** `repository` has a few images and containers. */
export async function benchStartup(bench: Bench, repository: string): Promise<Section> {
  const ours = (command: string): Contender => ({
    name: `udocker ${command}`,
    command: [bench.udocker, command],
    env: { UDOCKER_DIR: repository },
  });
  const commands = ['version', 'ps', 'images'];
  const python = 'python3 -c 0';
  const figures = await compare(
    bench,
    [
      { name: python, command: ['/usr/bin/python3', '-c', '0'] },
      { name: 'podman --version', command: ['podman', '--version'] },
      { name: '/bin/true', command: ['/bin/true'] },
      ...commands.map(ours),
    ],
    rounds,
  );
  const why =
    'The runtime itself, doing nothing, takes half of this; the rest is spread over code that runs once.';
  return {
    title: 'Start-up',
    method: `Medians of ${rounds} rounds. The repository has two images and three containers. Goals: not above podman, at or below Python.`,
    figures,
    goals: commands.flatMap((command) => [
      { row: `udocker ${command}`, figure: 'wall', base: 'podman --version' } as const,
      { row: `udocker ${command}`, figure: 'cpu', base: python, why } as const,
    ]),
  };
}

/** A repository with both images and three containers of the small one; gives its directory. */
export async function fillRepository(bench: Bench): Promise<string> {
  const repository = join(bench.disk, 'repository');
  const env = { UDOCKER_DIR: repository };
  const { one, eight } = bench.images;
  for (const { reference } of [one, eight]) await bench.must([bench.udocker, '-q', 'pull', reference], env);
  for (const name of ['first', 'second', 'third'])
    await bench.must([bench.udocker, '-q', 'create', `--name=${name}`, one.reference], env);
  return repository;
}
