/** `udocker mkrepo`. */
import { command, one } from '../command.ts';
import { parseName } from '../parsers.ts';

export const mkrepo = command({
  name: 'mkrepo',
  group: 'Setting up',
  summary: 'Make an empty repository in a new directory',
  details: 'Use it with the global option --repo=DIR or the variable UDOCKER_DIR.',
  positionals: { directory: one('DIR', parseName) },
  options: {},
  examples: ['udocker mkrepo /scratch/me/udocker'],
  run: async ({ directory }, context) => {
    const { makeRepository } = await import('../../actions/make-repository.ts');
    makeRepository(context, directory);
    return 0;
  },
});
