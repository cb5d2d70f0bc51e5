/** `udocker unprotect`. */
import { command, many } from '../command.ts';
import { eachTarget } from '../each-target.ts';
import { parseName } from '../parsers.ts';

export const unprotect = command({
  name: 'unprotect',
  group: 'Containers',
  summary: 'Let protected containers or images be deleted again',
  positionals: { targets: many('CONTAINER|IMAGE', parseName) },
  options: {},
  examples: ['udocker unprotect box', 'udocker unprotect busybox:latest'],
  run: async ({ targets }, context) => {
    const { setProtection } = await import('../../actions/protect.ts');
    return eachTarget(targets, context, async (target) => setProtection(context, target, false));
  },
});
