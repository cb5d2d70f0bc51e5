/** `udocker create`. Prints the id and nothing else. */
import { command, flag, one, option } from '../command.ts';
import { parseName } from '../parsers.ts';

export const create = command({
  name: 'create',
  group: 'Containers',
  summary: 'Extract an image into a new container and print its id',
  positionals: { image: one('IMAGE', parseName) },
  options: {
    name: option('NAME', parseName, 'a name for the container'),
    force: flag('take the name away from the container that has it'),
  },
  examples: ['udocker create busybox:latest', 'udocker create --name=box busybox:latest'],
  run: async ({ image, name, force }, context) => {
    const { createContainer } = await import('../../actions/create-container.ts');
    const id = await createContainer(context, image, { name, force });
    context.console.print(id);
    return 0;
  },
});
