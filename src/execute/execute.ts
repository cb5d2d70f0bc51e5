/**
 * Carries out a plan: its setup, then either becomes the engine, so that a running container costs no
 * interpreter, or starts it and stays to see to signals and teardown.
 */
import type { ExecPlan, ExitStatus } from '../engines/engine.ts';
import { UdockerError } from '../errors.ts';
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
    if (plan.conduct.kind === 'transparent' && plan.teardown.length === 0 && !options.stay) become(plan);
    const { supervise } = await import('./supervise.ts');
    return await supervise(plan);
  } finally {
    for (const failure of carryOutAll(plan.teardown)) options.onTrouble?.(failure.message);
  }
}

function become({ command }: ExecPlan): never {
  try {
    return becomeProcess(command.file, command.args, command.env);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UdockerError('STORAGE', `starting ${command.file}: ${why}`, { cause });
  }
}
