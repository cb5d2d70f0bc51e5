/** `udocker rmi`. */
import { command, flag, many } from '../command.ts';
import { eachTarget } from '../each-target.ts';
import { parseName } from '../parsers.ts';

export const rmi = command({
  name: 'rmi',
  group: 'Images',
  summary: 'Delete images; blobs that no other image uses go with them',
  details: 'A protected image is not deleted. Containers made from the image stay as they are.',
  positionals: { images: many('IMAGE', parseName) },
  options: {
    force: flag('no error for an image that does not exist', { short: 'f' }),
  },
  examples: ['udocker rmi busybox:latest', 'udocker rmi lab/a:1 lab/b:2'],
  run: async ({ images, force }, context) => {
    const { removeImage } = await import('../../actions/remove-image.ts');
    return eachTarget(images, context, (image) => removeImage(context, image, { force }));
  },
});
