/** For commands with several targets: one that fails does not keep the others from being done. */
import { isUdockerError, UdockerError } from '../errors.ts';
import type { CommandContext } from './command.ts';
import { verbosity } from './console.ts';
import { errorText } from './print-error.ts';

/**
 * Does `work` for each target in turn. Errors of ours are shown as they come and make the status 1; anything
 * else (a bug, the user's Ctrl-C) ends it.
 */
export async function eachTarget<T>(
  targets: readonly T[],
  context: CommandContext,
  work: (target: T) => Promise<void>,
): Promise<number> {
  let status = 0;
  for (const target of targets) {
    try {
      await work(target);
    } catch (error) {
      if (!isUdockerError(error) || error.code === 'INTERRUPTED') throw error;
      context.console.terminal.stderr.write(
        errorText(withoutUsage(error), { debug: context.console.verbosity >= verbosity.debug }),
      );
      status = 1;
    }
  }
  return status;
}

/** The words were in order, only one of them is the name of nothing: how to use the program is not the answer. */
function withoutUsage(error: UdockerError): UdockerError {
  if (error.code !== 'USAGE') return error;
  const { message, hint } = error;
  return new UdockerError('INVALID', message, { ...(hint === undefined ? {} : { hint }), cause: error });
}
