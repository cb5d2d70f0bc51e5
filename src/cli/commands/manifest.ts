/** `udocker manifest inspect`. */
import { parseReference } from '../../oci/reference.ts';
import { command, one } from '../command.ts';
import { oneOf } from '../parsers.ts';
import { sortedJson } from '../sorted-json.ts';
import { platformOption, registryOptions } from './registry-options.ts';

export const manifest = command({
  name: 'manifest',
  group: 'Registries',
  summary: 'Print the manifest of an image in a registry as JSON, without pulling it',
  details:
    'Where the name stands for images of several platforms, their index is printed; --platform chooses one of them.',
  positionals: { action: one('inspect', oneOf('inspect')), image: one('IMAGE', parseReference) },
  options: { platform: platformOption, ...registryOptions },
  examples: [
    'udocker manifest inspect busybox:latest',
    'udocker manifest inspect --platform=linux/arm64 quay.io/something/somewhere:v2',
  ],
  run: async ({ image, action: _, ...request }, context) => {
    const { inspectManifest } = await import('../../actions/inspect-manifest.ts');
    context.console.print(sortedJson(await inspectManifest(context, image, request)));
    return 0;
  },
});
