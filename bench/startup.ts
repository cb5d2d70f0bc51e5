/** Start-up of commands that only look at the repository. */
import { type Contender, compare, table } from './measure.ts';

/** `udocker` is the built file, `repository` one with a few images and containers. */
export async function benchStartup(udocker: string, repository: string): Promise<string> {
  const ours = (command: string): Contender => ({
    name: `udocker ${command}`,
    command: [udocker, '--allow-root', `--repo=${repository}`, command],
  });
  const figures = await compare(
    [
      { name: 'python3 -c 0', command: ['/usr/bin/python3', '-c', '0'] },
      { name: 'podman --version', command: ['podman', '--version'] },
      { name: '/bin/true', command: ['/bin/true'] },
      ...['version', 'ps', 'images'].map(ours),
    ],
    15,
  );
  return table('Start-up', 'Goal: not above podman, at or below python3.', figures);
}
