/** `udocker import`. With --tocontainer and --clone it prints the id of the container. */
import { UdockerError } from '../../errors.ts';
import { parseReference } from '../../oci/reference.ts';
import { command, flag, one, option, optional } from '../command.ts';
import { parseName } from '../parsers.ts';
import { platformOption } from './registry-options.ts';

export const importCommand = command({
  name: 'import',
  group: 'Images',
  summary: 'Make an image, or a container, out of the tar of a file system',
  details:
    'FILE is what docker export or udocker export write, plain or compressed with gzip or zstd; - is the standard ' +
    'input. An image archive, as docker save writes it, is for udocker load.\n' +
    'With --tocontainer a container is made without an image; with --clone it is one that udocker export --clone has ' +
    'written, with its configuration. Both print the id.',
  positionals: { file: one('FILE', parseName), image: optional('IMAGE', parseReference) },
  options: {
    mv: flag('take the file away, and if possible do not copy it'),
    tocontainer: flag('make a container, and no image'),
    clone: flag('make a container out of a whole container'),
    name: option('NAME', parseName, 'a name for the container'),
    platform: platformOption,
  },
  examples: [
    'udocker import docker-container.tar lab/tool:1',
    'udocker import - lab/tool:1 < docker-container.tar',
    'udocker import --tocontainer --name=blue docker-container.tar',
    'udocker import --clone --name=red udocker-container.tar',
  ],
  run: async ({ file, image, mv, tocontainer, clone, name, platform }, context) => {
    if (file === '-' && context.console.terminal.canAsk) throw nothingComes();
    if (tocontainer || clone) {
      const { importContainer } = await import('../../actions/import-container.ts');
      const request = { source: file, isClone: clone, reference: image, platform, name, move: mv };
      context.console.print(await importContainer(context, request));
      return 0;
    }
    if (image === undefined) throw new UdockerError('USAGE', 'import: IMAGE is missing');
    if (name !== undefined)
      throw new UdockerError('USAGE', 'import: --name is for containers: give --tocontainer or --clone too');
    const { importImage } = await import('../../actions/import-image.ts');
    await importImage(context, { source: file, reference: image, platform, move: mv });
    return 0;
  },
});

function nothingComes(): UdockerError {
  return new UdockerError('USAGE', 'import: the standard input is a terminal', {
    hint: 'name the file in place of -',
  });
}
