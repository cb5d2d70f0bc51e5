/** `udocker rename`. */
import { command, one } from '../command.ts';
import { parseName } from '../parsers.ts';

export const rename = command({
  name: 'rename',
  group: 'Containers',
  summary: 'Change a name of a container',
  positionals: { name: one('NAME', parseName), newName: one('NEW-NAME', parseName) },
  options: {},
  examples: ['udocker rename blue green'],
  run: async ({ name, newName }, context) => {
    const { renameContainer } = await import('../../actions/rename-container.ts');
    await renameContainer(context, name, newName);
    return 0;
  },
});
