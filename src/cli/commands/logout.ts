/** `udocker logout`. */
import { UdockerError } from '../../errors.ts';
import { command, flag, option } from '../command.ts';
import { parseRegistryUrl } from '../parsers.ts';

export const logout = command({
  name: 'logout',
  group: 'Registries',
  summary: 'Forget the user name and password for a registry',
  positionals: {},
  options: {
    registry: option('URL', parseRegistryUrl, 'the registry; default: the one of images without a host'),
    all: flag('forget all of them', { short: 'a' }),
  },
  examples: ['udocker logout', 'udocker logout --registry=https://hostname:5000', 'udocker logout -a'],
  run: async ({ registry, all }, context) => {
    if (all && registry !== undefined) {
      throw new UdockerError('USAGE', 'logout: --all and --registry exclude each other');
    }
    const { logout } = await import('../../actions/logout.ts');
    await logout(context, all ? { kind: 'all' } : { kind: 'one', registry });
    return 0;
  },
});
