/** `udocker tag`. */
import { parseReference } from '../../oci/reference.ts';
import { command, one } from '../command.ts';
import { parseName } from '../parsers.ts';

export const tag = command({
  name: 'tag',
  group: 'Images',
  summary: 'Give an image one more name',
  positionals: { image: one('IMAGE', parseName), as: one('NEW-IMAGE', parseReference) },
  options: {},
  examples: ['udocker tag busybox:latest lab/box:1'],
  run: async ({ image, as }, context) => {
    const { tagImage } = await import('../../actions/tag-image.ts');
    await tagImage(context, image, as);
    return 0;
  },
});
