/** `udocker rmname`. */
import { command, one } from '../command.ts';
import { parseName } from '../parsers.ts';

export const rmname = command({
  name: 'rmname',
  group: 'Containers',
  summary: 'Take a name away from a container; the container stays',
  positionals: { name: one('NAME', parseName) },
  options: {},
  examples: ['udocker rmname blue'],
  run: async ({ name }, context) => {
    const { removeContainerName } = await import('../../actions/remove-container-name.ts');
    await removeContainerName(context, name);
    return 0;
  },
});
