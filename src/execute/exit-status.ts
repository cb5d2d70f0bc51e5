/** How a program ended, in the shapes it comes in: a wait status, a shell's 128 + n. */
import type { ExitStatus } from '../engines/engine.ts';
import { signalName, signalNumber } from '../system/processes.ts';

/** The number a shell would report: the exit code, or 128 + the signal's number. */
export function exitCodeOf(status: ExitStatus): number {
  return status.kind === 'exited' ? status.code : 128 + signalNumber(status.signal);
}

/** Decodes a wait status. Source: wait(2). */
export function waitStatus(status: number): ExitStatus {
  const signal = status & 0x7f;
  if (signal === 0) return { kind: 'exited', code: (status >> 8) & 0xff };
  return { kind: 'signaled', signal: signalName(signal) ?? 'SIGKILL' };
}
