/** `udocker name`. */
import { command, one } from '../command.ts';
import { parseName } from '../parsers.ts';

export const name = command({
  name: 'name',
  group: 'Containers',
  summary: 'Give a container a name, or one more',
  positionals: { container: one('CONTAINER', parseName), name: one('NAME', parseName) },
  options: {},
  examples: ['udocker name d2578feb-acfc-37e0-8561-47335f85e46d blue'],
  run: async ({ container, name }, context) => {
    const { nameContainer } = await import('../../actions/name-container.ts');
    await nameContainer(context, container, name);
    return 0;
  },
});
