/** `udocker setup`. */
import { command, flag, one, option } from '../command.ts';
import { parseMode, parseName } from '../parsers.ts';

export const setup = command({
  name: 'setup',
  group: 'Containers',
  summary: 'Show or change how a container is run',
  details:
    'Without options the mode is shown in which the container runs. Modes: N1 N2 our own engine; R1 R2 R3 crun or ' +
    'runc; P1 P2 PRoot; F1 F2 F3 F4 are carried out by our own engine; S1 Apptainer is known by name only.',
  positionals: { container: one('CONTAINER', parseName) },
  options: {
    execmode: option('MODE', parseMode, 'run it in this mode from now on'),
    force: flag('also a mode that does not work on this host; also over files that are there'),
    fixperm: flag('make all files accessible to you that modes in the image, or programs, have closed', {
      aliases: ['fixperms'],
    }),
    purge: flag('remove what runs have left in it: empty mount points and auxiliary files'),
    nvidia: flag("copy this host's NVIDIA driver into the container"),
  },
  examples: ['udocker setup box', 'udocker setup --execmode=R1 box', 'udocker setup --fixperm box'],
  run: async ({ container, execmode, force, fixperm: fixPermissions, nvidia, purge }, context) => {
    const { setUpContainer, setupOf } = await import('../../actions/setup-container.ts');
    if (execmode !== undefined || fixPermissions || purge || nvidia)
      await setUpContainer(context, container, { mode: execmode, force, fixPermissions, purge, nvidia });
    else if (!force) {
      const { mode, nvidia } = await setupOf(context, container);
      context.console.print(`execmode: ${mode}`);
      context.console.print(`nvidiamode: ${nvidia ? 'True' : 'False'}`);
    }
    return 0;
  },
});
