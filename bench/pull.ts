/** Pull: from a registry on loopback into an empty repository, every digest verified. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, PublishedImage } from './bench.ts';
import { compare } from './measure.ts';
import type { Section } from './report.ts';

const rounds = 5;
const why =
  'On two CPUs, client and registry keep both busy from the first byte to the last, and up to a third of their ' +
  "time is the registry's, which takes twice as much for eight layers as for one. Of ours SHA-256 is about a third, " +
  "copying from sockets and into files, in the kernel, a quarter, the runtime's HTTP client a fifth, reading back for " +
  'the sum a tenth.';

/** Fetching `image` to `place`: tmpfs shows the work, disk also what it costs to make the content last. */
export async function benchPull(
  bench: Bench,
  image: PublishedImage,
  place: 'disk' | 'memory',
): Promise<Section> {
  const at = (name: string): string => join(bench[place], name);
  const fresh = (name: string) => () => rmSync(at(name), { recursive: true, force: true });
  const files = image.urls.flatMap((url, index) => ['-o', at(`curl-${index}`), url]);
  const skopeo = 'skopeo copy';
  const figures = await compare(
    bench,
    [
      {
        name: skopeo,
        command: [
          'skopeo',
          '--insecure-policy',
          'copy',
          '-q',
          '--src-tls-verify=false',
          `docker://${image.reference}`,
          `oci:${at('skopeo')}:test`,
        ],
        prepare: fresh('skopeo'),
      },
      {
        name: 'udocker pull',
        command: [bench.udocker, '-q', 'pull', image.reference],
        env: { UDOCKER_DIR: at('pulled') },
        prepare: fresh('pulled'),
      },
      { name: 'curl (verifies nothing)', command: ['curl', '-sf', ...files] },
    ],
    rounds,
  );
  const layers = image.layers.length;
  for (const name of ['skopeo', 'pulled', ...image.urls.map((_, index) => `curl-${index}`)]) fresh(name)();
  return {
    title: `Pull, ${layers} ${layers === 1 ? 'layer' : 'layers'}, to ${place === 'disk' ? 'disk (with fsync)' : 'tmpfs'}`,
    method: `${(image.bytes / 1e6).toFixed(0)} MB compressed, medians of ${rounds} rounds. skopeo copies to an OCI layout. Goal: twice skopeo's speed.`,
    figures,
    goals: [{ row: 'udocker pull', figure: 'wall', base: skopeo, times: 0.5, why }],
  };
}
