/** What every verb is handed: decisions already taken, and the ways to tell about progress and to be stopped. */
import type { Config } from '../config/config.ts';
import type { HostPath } from '../paths.ts';
import type { ActionEvent } from './events.ts';

export interface ActionContext {
  readonly config: Config;
  readonly user: Invoker;
  /** Of this program. */
  readonly version: string;
  readonly report: (event: ActionEvent) => void;
  /** Aborted when the user stops the program (Ctrl-C, SIGTERM): clean up and throw INTERRUPTED. */
  readonly signal: AbortSignal;
  /** From here on signals are not ours: `run` calls this before it hands them to the container. */
  readonly releaseSignals: () => void;
}

/** Who runs the program, and where. */
export interface Invoker {
  readonly uid: number;
  readonly gid: number;
  readonly home: HostPath;
  readonly cwd: HostPath;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True when standard input and output are a terminal. */
  readonly interactive: boolean;
}
