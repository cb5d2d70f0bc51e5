/** `udocker showconf`: every setting as it would be written in udocker.conf, in the frame it has always had. */
import { formatLiteral } from '../../config/literal.ts';
import { settingKeys } from '../../config/settings.ts';
import { command } from '../command.ts';

const frame = '-'.repeat(80);

export const showconf = command({
  name: 'showconf',
  group: 'Information',
  summary: 'Show every setting and its value',
  details:
    'Settings come from, each stronger than the one before: defaults, /etc/udocker.conf, ~/.udocker/udocker.conf, ' +
    'udocker.conf of the repository, --config=FILE, the environment, options. -D shows which files were read.',
  positionals: {},
  options: {},
  examples: ['udocker showconf', 'udocker --config=./my.conf showconf'],
  allowRoot: true,
  run: async (_input, { console, config }) => {
    for (const file of config.sources) console.debug(`configuration read from ${file}`);
    console.print(frame);
    console.print('\t\tConfiguration options');
    for (const key of settingKeys) {
      const value = config.settings[key];
      console.print(`${key} = ${typeof value === 'string' ? value : formatLiteral(value)}`);
    }
    console.print(frame);
    return 0;
  },
});
