/**
 * Carries out a plan: its setup, then becomes the engine or its small supervisor, so that a running container
 * costs no interpreter. It stays where something is to be done afterwards, or where no supervisor is at hand.
 */
import type { Command, ExecPlan, ExitStatus } from '../engines/engine.ts';
import { becomesCommand, supervised } from '../engines/supervision.ts';
import { UdockerError } from '../errors.ts';
import { canBecomePlainly } from '../system/native-calls.ts';
import { hideSystemCalls, setAffinity } from '../system/process-calls.ts';
import { becomeProcess } from '../system/processes.ts';
import { carryOutAll, carryOutSteps } from './steps.ts';

export interface ExecuteOptions {
  /** Somebody has something to do afterwards (`--rm`), so the process must not be replaced. */
  readonly stay: boolean;
  /** Told of what failed without keeping the program from running, such as a teardown step. */
  readonly onTrouble?: (text: string) => void;
}

/**
 * Runs the plan. Returns how the program ended; does not return when this process became the engine.
 * Throws STORAGE for setup that fails or an engine that cannot be started, UNSUPPORTED for CPUs refused.
 */
export async function execute(plan: ExecPlan, options: ExecuteOptions): Promise<ExitStatus> {
  try {
    carryOutSteps(plan.setup);
    const { cpus, hiddenCalls = [] } = plan.command;
    if (cpus !== undefined && !setAffinity(cpus)) {
      throw new UdockerError(
        'UNSUPPORTED',
        `binding the container to CPU ${cpus.join(',')}: the kernel refuses`,
      );
    }
    if (hiddenCalls.length > 0 && !hideSystemCalls(hiddenCalls)) {
      options.onTrouble?.(
        `the kernel refuses to hide ${hiddenCalls.join(', ')}; some paths will be the host's`,
      );
    }
    const plainly = canBecomePlainly();
    if (becomesCommand(plan, options.stay) && (plainly || plan.supervisor === undefined))
      become(plan.command, plan.command.env);
    if (plan.supervisor !== undefined) {
      if (!options.stay)
        become(supervised(plan.supervisor, plan.command, plainly ? [] : ['plain']), plan.command.env);
      const { relay } = await import('./relay.ts');
      return await relay(plan.supervisor, plan.command);
    }
    const { supervise } = await import('./supervise.ts');
    return await supervise(plan);
  } finally {
    for (const failure of carryOutAll(plan.teardown)) options.onTrouble?.(failure.message);
  }
}

function become({ file, args }: Pick<Command, 'file' | 'args'>, env: Command['env']): never {
  try {
    return becomeProcess(file, args, env);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UdockerError('STORAGE', `starting ${file}: ${why}`, { cause });
  }
}
