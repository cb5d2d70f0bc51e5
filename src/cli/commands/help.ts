/** `udocker help [COMMAND]`. */
import { asText, command, optional } from '../command.ts';
import { findCommand, loadCommands } from '../find-command.ts';
import { commandHelp, globalHelp } from '../help.ts';

export const help = command({
  name: 'help',
  group: 'Information',
  summary: 'Show help, of the program or of one command',
  positionals: { name: optional('COMMAND', asText) },
  options: {},
  examples: ['udocker help', 'udocker help run', 'udocker run --help'],
  allowRoot: true,
  needsNoConfig: true,
  run: async ({ name }, { console, commands }) => {
    if (name === undefined) console.terminal.stdout.write(globalHelp(await loadCommands(commands)));
    else console.terminal.stdout.write(commandHelp(await findCommand(name, commands)));
    return 0;
  },
});
