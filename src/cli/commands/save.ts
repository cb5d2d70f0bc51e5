/** `udocker save`. The archive goes to a file, or to the standard output when that is no terminal. */
import { UdockerError } from '../../errors.ts';
import { command, many, option } from '../command.ts';
import { parseName } from '../parsers.ts';

export const save = command({
  name: 'save',
  group: 'Images',
  summary: 'Write images to a file that docker, podman, skopeo and udocker can load',
  details:
    'Without -o, or with -, the archive goes to the standard output. A file appears when it is complete, and none is ' +
    'overwritten. Several images share the layers that they have in common.',
  positionals: { images: many('IMAGE', parseName) },
  options: {
    output: option('FILE', parseName, 'the file; - for the standard output', { short: 'o' }),
  },
  examples: [
    'udocker save -o docker-image.tar busybox:latest',
    'udocker save -o three.tar ubuntu:22.04 ubuntu:24.04 debian:12',
    'udocker save - busybox:latest',
  ],
  run: async ({ images, output }, context) => {
    const [first] = images;
    const names = first === '-' ? images.slice(1) : images;
    if (names.length === 0) throw new UdockerError('USAGE', 'save: IMAGE is missing');
    const target = first === '-' ? '-' : (output ?? '-');
    if (target === '-' && context.console.terminal.stdout.isTerminal) throw toTerminal();
    const { saveImages } = await import('../../actions/save-images.ts');
    await saveImages(context, { images: names, output: target });
    return 0;
  },
});

function toTerminal(): UdockerError {
  return new UdockerError('USAGE', 'save: an archive is nothing for a terminal', {
    hint: 'name a file with -o FILE, or send the output somewhere else',
  });
}
