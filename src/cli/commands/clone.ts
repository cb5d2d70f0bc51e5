/** `udocker clone`. Prints the id and nothing else. */
import { command, one, option } from '../command.ts';
import { parseName } from '../parsers.ts';

export const clone = command({
  name: 'clone',
  group: 'Containers',
  summary: 'Make a copy of a container and print its id',
  details:
    'Everything is copied: files with their owners, modes and times, hard links, holes, the execution mode. Where the ' +
    'file system can, the copy shares the content of files until one of the two changes it. Names and protection stay ' +
    'with the original.',
  positionals: { container: one('CONTAINER', parseName) },
  options: { name: option('NAME', parseName, 'a name for the copy') },
  examples: ['udocker clone box', 'udocker clone --name=box2 box'],
  run: async ({ container, name }, context) => {
    const { cloneContainer } = await import('../../actions/clone-container.ts');
    context.console.print(await cloneContainer(context, container, name));
    return 0;
  },
});
