/** `udocker export`. The archive goes to a file, or to the standard output when that is no terminal. */
import { UdockerError } from '../../errors.ts';
import { command, flag, option, optional } from '../command.ts';
import { parseName } from '../parsers.ts';

export const exportCommand = command({
  name: 'export',
  group: 'Containers',
  summary: 'Write the files of a container to a tar archive',
  details:
    'The archive holds the files as programs in the container see them, with owners, set-id bits and device nodes, as ' +
    'docker export writes it. Without -o, or with -, it goes to the standard output. A file appears when it is ' +
    'complete; one that exists is replaced.\n' +
    'With --clone the archive also holds the configuration and is for udocker import --clone.',
  positionals: { standardOutput: optional('-', parseName), container: optional('CONTAINER', parseName) },
  options: {
    output: option('FILE', parseName, 'the file; - for the standard output', { short: 'o' }),
    clone: flag('with all that makes it a container of udocker'),
  },
  examples: [
    'udocker export -o box.tar box',
    'udocker export - box',
    'udocker export --clone -o box-clone.tar box',
  ],
  run: async ({ standardOutput, container: second, output, clone }, context) => {
    const words = [standardOutput, second].filter((word) => word !== undefined);
    const dash = words[0] === '-';
    const [container, surplus] = dash ? words.slice(1) : words;
    if (container === undefined) throw new UdockerError('USAGE', 'export: CONTAINER is missing');
    if (surplus !== undefined) throw new UdockerError('USAGE', `export: too many arguments: ${surplus}`);
    const file = dash ? '-' : (output ?? '-');
    if (file === '-' && context.console.terminal.stdout.isTerminal) throw toTerminal();
    const { exportContainer } = await import('../../actions/export-container.ts');
    await exportContainer(context, container, { output: file, asClone: clone });
    return 0;
  },
});

function toTerminal(): UdockerError {
  return new UdockerError('USAGE', 'export: an archive is nothing for a terminal', {
    hint: 'name a file with -o FILE, or send the output somewhere else',
  });
}
