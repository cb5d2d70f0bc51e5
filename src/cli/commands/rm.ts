/** `udocker rm`. */
import { command, flag, many } from '../command.ts';
import { eachTarget } from '../each-target.ts';
import { parseName } from '../parsers.ts';

export const rm = command({
  name: 'rm',
  group: 'Containers',
  summary: 'Delete containers and everything in them',
  details: 'A protected container is not deleted.',
  positionals: { containers: many('CONTAINER', parseName) },
  options: {
    force: flag('no error for a container that does not exist', { short: 'f' }),
  },
  examples: ['udocker rm box', 'udocker rm 7b2d4456-9ee7-3138-ad01-63d1342d8545 box2'],
  run: async ({ containers, force }, context) => {
    const { removeContainer } = await import('../../actions/remove-container.ts');
    return eachTarget(containers, context, (container) => removeContainer(context, container, { force }));
  },
});
