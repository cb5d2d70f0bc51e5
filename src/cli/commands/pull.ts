/** `udocker pull`. Prints nothing on stdout. */
import { parseReference } from '../../oci/reference.ts';
import { command, one } from '../command.ts';
import { platformOption, registryOptions } from './registry-options.ts';

export const pull = command({
  name: 'pull',
  group: 'Images',
  summary: 'Fetch an image from a registry',
  details:
    'What is already here is not fetched again. Every part is verified against its digest. An interrupted pull is ' +
    'continued by the same command.',
  positionals: { image: one('IMAGE', parseReference) },
  options: { platform: platformOption, ...registryOptions },
  examples: [
    'udocker pull busybox:latest',
    'udocker pull quay.io/something/somewhere:v2',
    'udocker pull --platform=linux/arm64 alpine@sha256:...',
    'udocker pull --registry=http://localhost:5000 lab/tool',
    'udocker pull --httpproxy=socks5://user:password@host:1080 busybox',
  ],
  run: async ({ image, ...request }, context) => {
    const { pullImage } = await import('../../actions/pull-image.ts');
    await pullImage(context, image, request);
    return 0;
  },
});
