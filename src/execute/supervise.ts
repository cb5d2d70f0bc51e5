/**
 * Starts an engine that stands between us and the program, and stays until the end: passes signals on so that
 * they arrive once, keeps nothing running when we are killed, and finds out how the program really ended.
 */
import type { Conduct, ExecPlan, ExitStatus } from '../engines/engine.ts';
import { UdockerError } from '../errors.ts';
import { endOf, inForeground, openPidfd, restoreTerminal, saveTerminal } from '../system/process-calls.ts';
import {
  type Attached,
  childrenOf,
  resizeTerminalOf,
  sendSignal,
  startAttached,
  startWatcher,
  statusOf,
} from '../system/processes.ts';
import { waitStatus } from './exit-status.ts';

/** Those a terminal sends to its whole foreground group, so that the engine and perhaps the program have them. */
const fromKeyboard = new Set<NodeJS.Signals>(['SIGINT', 'SIGQUIT']);
const forwarded: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

/** Starts the plan's command and waits for its end. Throws STORAGE when it cannot be started. */
export async function supervise(plan: ExecPlan): Promise<ExitStatus> {
  const terminal = saveTerminal(0);
  const attendant = new Attendant(plan.conduct);
  const listeners = forwarded.map((signal) => ({ signal, listener: () => attendant.deliver(signal) }));
  listeners.push({ signal: 'SIGWINCH', listener: () => attendant.resize() });
  for (const { signal, listener } of listeners) process.on(signal, listener);
  try {
    const { file, args, env } = plan.command;
    const child = start(file, args, env);
    attendant.attend(child.pid);
    const { code, signal } = await child.ended.catch((cause: Error) =>
      Promise.reject(notStarted(file, cause)),
    );
    return attendant.conclude(
      signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'signaled', signal },
    );
  } finally {
    attendant.dismiss();
    for (const { signal, listener } of listeners) process.off(signal, listener);
    // An engine that was killed leaves the terminal in raw mode.
    if (terminal !== undefined && inForeground(0)) restoreTerminal(0, terminal);
  }
}

function start(...[file, args, env]: Parameters<typeof startAttached>): Attached {
  try {
    return startAttached(file, args, env);
  } catch (cause) {
    throw cause instanceof Error ? notStarted(file, cause) : cause;
  }
}

function notStarted(file: string, cause: Error): UdockerError {
  return new UdockerError('STORAGE', `starting ${file}: ${cause.message}`, { cause });
}

/**
 * Kills the engine and the container's first process when its input ends without `done`, that is, when udocker
 * is killed with SIGKILL. SIGQUIT first: PRoot then takes everything it traces along.
 */
const watch =
  'engine= first=; while read -r word pid; do case $word in engine) engine=$pid;; first) first=$pid;; done) exit 0;; esac; done; ' +
  '[ -n "$first" ] && kill -9 $first; [ -n "$engine" ] && kill -3 $engine && sleep 0.2; [ -n "$engine" ] && kill -9 $engine';

/** Milliseconds between looks for the first process: often at first, since it may be gone soon. */
const firstLooks = [1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 32, 32, 64, 128, 250, 500, 1000];

class Attendant {
  private engine = 0;
  private first: number | undefined;
  private pidfd: number | undefined;
  private fatal: NodeJS.Signals | undefined;
  private timers = new Set<ReturnType<typeof setTimeout>>();
  // Without a watcher only the protection against SIGKILL is missing.
  private readonly watcher = startWatcher(watch);

  constructor(private readonly conduct: Conduct) {}

  attend(engine: number): void {
    this.engine = engine;
    this.watcher?.tell(`engine ${engine}`);
    this.look(0);
  }

  /** Passes a signal that we received on to the program. */
  deliver(signal: NodeJS.Signals): void {
    const groupHasIt = fromKeyboard.has(signal) && inForeground(0);
    if (this.conduct.kind === 'transparent') {
      if (!groupHasIt) sendSignal(this.engine, signal);
      return;
    }
    const first = this.findFirst();
    if (this.conduct.kind === 'around-engine') {
      this.fatal = signal;
      if (!groupHasIt && first !== undefined) sendSignal(first, signal);
      if (signal !== 'SIGUSR1' && signal !== 'SIGUSR2') this.endEngineAfterFirst(0);
      return;
    }
    const status = first === undefined ? undefined : statusOf(first);
    if (first !== undefined && status !== undefined && !status.catches(signal)) {
      // The kernel shields process 1 from signals without a handler, but not from this one.
      this.fatal = signal;
      sendSignal(first, 'SIGKILL');
    } else if (first === undefined) {
      this.fatal = signal;
      sendSignal(this.engine, 'SIGKILL');
    } else if (!groupHasIt) sendSignal(this.engine, signal);
  }

  /** Our terminal has a new size. */
  resize(): void {
    const first = this.findFirst();
    if (this.conduct.kind === 'through-engine' && !this.conduct.resizes && first !== undefined)
      resizeTerminalOf(first);
  }

  /** What the end of the engine says about the end of the program. */
  conclude(end: ExitStatus): ExitStatus {
    const known = this.pidfd === undefined ? undefined : endOf(this.pidfd);
    if (this.conduct.kind === 'around-engine') {
      // PRoot 5.1 reports whichever process ended last, or what came before a deadly signal: ask the kernel.
      if (known !== undefined) return waitStatus(known);
      const lost = end.kind === 'signaled' || end.code === this.conduct.lostStatus;
      if (lost && this.fatal !== undefined) return { kind: 'signaled', signal: this.fatal };
      return end;
    }
    const killed = end.kind === 'signaled' || end.code === 128 + 9;
    if (killed && this.fatal !== undefined) return { kind: 'signaled', signal: this.fatal };
    return end;
  }

  dismiss(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.watcher?.tell('done');
    this.watcher?.close();
  }

  private look(attempt: number): void {
    const wait = firstLooks[attempt];
    if (this.findFirst() !== undefined || wait === undefined) return;
    this.later(wait, () => this.look(attempt + 1));
  }

  private findFirst(): number | undefined {
    if (this.first !== undefined || this.engine === 0) return this.first;
    const children = childrenOf(this.engine);
    const within = (pid: number) => this.conduct.kind === 'around-engine' || statusOf(pid)?.first === true;
    this.first = children.find(within);
    if (this.first === undefined) return undefined;
    this.watcher?.tell(`first ${this.first}`);
    if (this.conduct.kind === 'around-engine') this.pidfd = openPidfd(this.first);
    return this.first;
  }

  /** PRoot waits for every process it traces; after a deadly signal nothing may stay. */
  private endEngineAfterFirst(attempt: number): void {
    const first = this.findFirst();
    if (first !== undefined && statusOf(first)?.running === true) {
      this.later(50, () => this.endEngineAfterFirst(0));
      return;
    }
    if (attempt === 4) sendSignal(this.engine, 'SIGQUIT');
    if (attempt >= 40) sendSignal(this.engine, 'SIGKILL');
    else this.later(50, () => this.endEngineAfterFirst(attempt + 1));
  }

  private later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }
}
