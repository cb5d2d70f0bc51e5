/** `udocker load`. Its last line, and the second one, is a name: scripts take either. */
import { UdockerError } from '../../errors.ts';
import { asText, command, option, optional } from '../command.ts';
import { parseName } from '../parsers.ts';
import { platformOption } from './registry-options.ts';

export const load = command({
  name: 'load',
  group: 'Images',
  summary: 'Take images from a file into the repository and print their names',
  details:
    'The file is what docker save, podman save, skopeo or udocker save write, or an OCI layout in a tar; plain or ' +
    'compressed with gzip or zstd. With - or without -i it is the standard input. NAME takes the place of the name in ' +
    'the file; without a tag, tags stay. An image without any name is called after its digest.\n' +
    'Everything is verified; nothing of the file stays when something is wrong with it. An image that is here ' +
    'already is left as it is; another image of the same name is an error.',
  positionals: { standardInput: optional('-', asText), name: optional('NAME', asText) },
  options: {
    input: option('FILE', parseName, 'the file; - for the standard input', { short: 'i' }),
    platform: platformOption,
  },
  examples: [
    'udocker load -i docker-image.tar',
    'udocker load -i oci-image.tar lab/tool:1',
    'udocker load - < docker-image.tar',
  ],
  run: async ({ standardInput, name, input, platform }, context) => {
    const { console } = context;
    const words = [standardInput, name].filter((word) => word !== undefined);
    const given = words[0] === '-' ? words.slice(1) : words;
    if (given.length > 1) throw new UdockerError('USAGE', `load: too many arguments: ${given.join(' ')}`);
    const source = words[0] === '-' ? '-' : (input ?? '-');
    if (source === '-' && console.terminal.canAsk) throw nothingComes();
    const { parseWishedName } = await import('../../actions/load/name-image.ts');
    const [wished] = given.map(parseWishedName);
    const { loadImages } = await import('../../actions/load-images.ts');
    const loaded = await loadImages(context, { source, name: wished, platform });
    console.heading('REPOSITORY');
    for (const image of loaded) console.print(image);
    return 0;
  },
});

function nothingComes(): UdockerError {
  return new UdockerError('USAGE', 'load: the standard input is a terminal', {
    hint: 'name the file: udocker load -i FILE',
  });
}
