/** `udocker version`: three lines that scripts take apart, as they have always been. */
import { command } from '../command.ts';

export const version = command({
  name: 'version',
  group: 'Information',
  summary: 'Show the version',
  positionals: {},
  options: {},
  examples: ['udocker version'],
  allowRoot: true,
  run: async (_input, { console, config, version }) => {
    console.print(`version: ${version}`);
    console.print(`tarball: ${config.settings.tarball}`);
    console.print(`tarball_release: ${config.settings.tarball_release}`);
    return 0;
  },
});
