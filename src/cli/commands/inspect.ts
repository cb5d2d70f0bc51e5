/** `udocker inspect`. The JSON has sorted keys and four blanks of indent, as it always had. */
import { command, flag, one } from '../command.ts';
import { parseName } from '../parsers.ts';
import { sortedJson } from '../sorted-json.ts';

export const inspect = command({
  name: 'inspect',
  group: 'Containers',
  summary: 'Print the configuration of a container or an image as JSON',
  positionals: { target: one('CONTAINER|IMAGE', parseName) },
  options: {
    path: flag("print the host path of the container's root filesystem instead", { short: 'p' }),
  },
  examples: ['udocker inspect box', 'udocker inspect -p box', 'udocker inspect busybox:latest'],
  run: async ({ target, path }, context) => {
    const { console } = context;
    const { inspectTarget, rootOfContainer } = await import('../../actions/inspect.ts');
    if (path) console.print(await rootOfContainer(context, target));
    else console.print(sortedJson(await inspectTarget(context, target)));
    return 0;
  },
});
