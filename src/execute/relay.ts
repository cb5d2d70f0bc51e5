/**
 * Stays beside a supervisor because something is to be done after the run: tells it of the signals that reach us,
 * and waits for its end. All else (who has which signal already, what must not survive) is the supervisor's to know.
 */
import type { Command, ExitStatus, Supervisor } from '../engines/engine.ts';
import { supervised } from '../engines/supervision.ts';
import { UdockerError } from '../errors.ts';
import { relaySignal, startAttached } from '../system/processes.ts';

const relayed: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

/** Starts the command under the supervisor and waits for its end. Throws STORAGE when it cannot be started. */
export async function relay(supervisor: Supervisor, command: Command): Promise<ExitStatus> {
  const early: NodeJS.Signals[] = [];
  let pid: number | undefined;
  const listeners = relayed.map((signal) => ({
    signal,
    listener: () => void (pid === undefined ? early.push(signal) : relaySignal(pid, signal)),
  }));
  for (const { signal, listener } of listeners) process.on(signal, listener);
  const { file, args } = supervised(supervisor, command, ['parent', String(process.pid)]);
  try {
    const child = startAttached(file, args, command.env);
    pid = child.pid;
    for (const signal of early) relaySignal(pid, signal);
    const { code, signal } = await child.ended;
    return signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signaled', signal };
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new UdockerError('STORAGE', `starting ${file}: ${cause.message}`, { cause });
  } finally {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  }
}
