/** Create: a container from an image that is there, beside tar and umoci extracting the same layers. On tmpfs. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, PublishedImage } from './bench.ts';
import { compare } from './measure.ts';
import type { Section } from './report.ts';

const rounds = 5;
const why =
  'Decompressing is two fifths of it, the sums of compressed and plain layers a fifth, the kernel a sixth; what is left ' +
  'for JavaScript and its compiler is a quarter.';
const untar =
  'root=$1; shift; mkdir "$root"; for layer; do tar -xzf "$layer" -C "$root" --exclude="./dev/*" || exit 1; done';

/** Extracts `image`; ours checks the sums of the compressed and of the plain layers as it does. */
export async function benchCreate(bench: Bench, image: PublishedImage): Promise<Section> {
  const repository = join(bench.memory, 'created');
  const env = { UDOCKER_DIR: repository };
  const root = join(bench.memory, 'root');
  await bench.must([bench.udocker, '-q', 'pull', image.reference], env);
  const clear = (): void => {
    const containers = join(repository, 'containers');
    for (const path of [root, ...readdirSync(containers).map((name) => join(containers, name))])
      rmSync(path, { recursive: true, force: true });
  };
  const tar = 'tar -xzf';
  const layers = image.layers.map(({ path }) => path);
  const figures = await compare(
    bench,
    [
      { name: tar, command: ['sh', '-c', untar, 'sh', root, ...layers], prepare: clear },
      {
        name: 'udocker create',
        command: [bench.udocker, '-q', 'create', image.reference],
        env,
        prepare: clear,
      },
      {
        name: 'umoci unpack --rootless',
        command: ['umoci', 'unpack', '--rootless', '--image', `${image.layout}:test`, root],
        prepare: clear,
      },
    ],
    rounds,
  );
  for (const path of [root, repository]) rmSync(path, { recursive: true, force: true });
  const count = layers.length;
  return {
    title: `Create, ${count} ${count === 1 ? 'layer' : 'layers'}`,
    method: `On tmpfs, medians of ${rounds} rounds.`,
    figures,
    goals: [
      { row: 'udocker create', figure: 'cpu', base: tar, times: 0.6, why },
      ...(count > 1 ? ([{ row: 'udocker create', figure: 'wall', base: tar, times: 0.5 }] as const) : []),
    ],
  };
}
