/** `udocker protect`. */
import { command, many } from '../command.ts';
import { eachTarget } from '../each-target.ts';
import { parseName } from '../parsers.ts';

export const protect = command({
  name: 'protect',
  group: 'Containers',
  summary: 'Keep containers or images from being deleted',
  positionals: { targets: many('CONTAINER|IMAGE', parseName) },
  options: {},
  examples: ['udocker protect box', 'udocker protect busybox:latest'],
  run: async ({ targets }, context) => {
    const { setProtection } = await import('../../actions/protect.ts');
    return eachTarget(targets, context, async (target) => setProtection(context, target, true));
  },
});
