/** `udocker verify`. What it says goes to stderr; the status is the answer. */
import { command, one } from '../command.ts';
import { parseName } from '../parsers.ts';

export const verify = command({
  name: 'verify',
  group: 'Images',
  summary: 'Check an image of the repository against its digests, byte for byte',
  details:
    'A layer that is damaged is named. To mend it, remove the image with udocker rmi and pull it again.',
  positionals: { image: one('IMAGE', parseName) },
  options: {},
  examples: ['udocker verify busybox:latest'],
  run: async ({ image }, context) => {
    const { verifyImage } = await import('../../actions/verify-image.ts');
    await verifyImage(context, image);
    return 0;
  },
});
