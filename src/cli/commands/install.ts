/** `udocker install`. Silent when there is nothing to do. */
import { command, flag } from '../command.ts';

export const install = command({
  name: 'install',
  group: 'Setting up',
  summary: 'Fetch the engines of other makers: PRoot, crun, fakechroot',
  details:
    'Not needed for the modes N1 and N2, whose engine is part of udocker, nor for others whose programs this host ' +
    'has. The archive comes from the first place that UDOCKER_TARBALL, or the configuration, names.',
  positionals: {},
  options: {
    force: flag('also when they are installed, and whatever their release'),
    purge: flag('remove what was installed before'),
  },
  examples: ['udocker install', 'udocker install --force --purge'],
  run: async (request, context) => {
    const { installEngines } = await import('../../actions/install-engines.ts');
    await installEngines(context, request);
    return 0;
  },
});
