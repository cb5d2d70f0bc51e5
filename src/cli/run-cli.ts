/**
 * One run of the program, from words to exit status. Words are checked completely before anything is done;
 * every failure is shown here, once.
 */
import type { Invoker } from '../actions/context.ts';
import { type ConfigSources, type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { boolean } from '../config/setting-types.ts';
import { exitStatusOf, isUdockerError, UdockerError } from '../errors.ts';
import type { Command, CommandContext, CommandEntry } from './command.ts';
import { makeConsole, type Terminal, verbosity } from './console.ts';
import { findCommand, loadCommands } from './find-command.ts';
import { type GlobalInput, parseGlobal } from './global-options.ts';
import { commandHelp, globalHelp } from './help.ts';
import { interpret } from './interpret.ts';
import { errorText } from './print-error.ts';
import { makeEventView } from './show-events.ts';

export interface Invocation {
  /** argv without runtime and program. */
  readonly words: readonly string[];
  readonly commands: readonly CommandEntry[];
  readonly terminal: Terminal;
  readonly user: Invoker;
  readonly readText: ConfigSources['readText'];
  readonly systemDirectory?: ConfigSources['systemDirectory'];
  readonly version: string;
  /** Aborted with the name of the signal as its reason. */
  readonly signal: AbortSignal;
  readonly releaseSignals: () => void;
}

/** Runs the program and resolves to its exit status; never rejects. */
export async function runCli(invocation: Invocation): Promise<number> {
  const view: { debug: boolean; command?: Command } = { debug: invocation.words.includes('-D') };
  try {
    const { global, rest } = parseGlobal(invocation.words);
    view.debug = global.debug;
    const [name, ...words] = global.version ? ['version'] : rest;
    if (name === undefined) {
      refuseOptionsAlone(invocation, global);
      return printed(invocation, globalHelp(await loadCommands(invocation.commands)));
    }
    const command = await findCommand(name, invocation.commands);
    view.command = command;
    const interpretation = global.help ? ({ kind: 'help' } as const) : interpret(command, words);
    if (interpretation.kind === 'help') return printed(invocation, commandHelp(command));
    refuseRoot(command, global, invocation.user);
    return await execute(command, interpretation, global, invocation);
  } catch (error) {
    const { signal, terminal } = invocation;
    const shown = signal.aborted && !isUsage(error) ? stopped(signal, error) : error;
    terminal.stderr.write(errorText(shown, view));
    return signal.aborted
      ? signalStatus(signal)
      : exitStatusOf(error, view.command?.startsContainer === true);
  }
}

/** `udocker --repo ps` has taken `ps` for the repository: help and status 0 would look like success to a script. */
function refuseOptionsAlone({ words, commands }: Invocation, global: GlobalInput): void {
  if (words.length === 0 || global.help) return;
  const taken = [global.repo, global.config].find((value) => commands.some(({ name }) => name === value));
  throw new UdockerError('USAGE', 'a command is missing', {
    ...(taken === undefined ? {} : { hint: `${taken} was taken for the value of the option before it` }),
  });
}

async function execute(
  command: Command,
  { input, notes }: Pick<Extract<ReturnType<typeof interpret>, { kind: 'run' }>, 'input' | 'notes'>,
  global: GlobalInput,
  invocation: Invocation,
): Promise<number> {
  const { config, warnings } = configFor(command, global, invocation);
  const console = makeConsole(invocation.terminal, config.verbosity);
  for (const warning of [...warnings, ...notes]) console.warn(warning);
  const view = makeEventView(console);
  const context: CommandContext = {
    config,
    console,
    user: invocation.user,
    report: view.show,
    signal: invocation.signal,
    releaseSignals: invocation.releaseSignals,
    commands: invocation.commands,
    version: invocation.version,
  };
  try {
    return (await untilStopped(command.run(input, context), invocation.signal)) ?? 0;
  } finally {
    await view.finish();
  }
}

function configFor(command: Command, global: GlobalInput, invocation: Invocation): LoadedConfig {
  const { user, readText, systemDirectory } = invocation;
  const places = {
    home: user.home,
    cwd: user.cwd,
    ...(systemDirectory === undefined ? {} : { systemDirectory }),
  };
  if (command.needsNoConfig === true) return loadConfig({ ...places, env: {}, readText: () => undefined });
  return loadConfig(
    { ...places, env: user.env, readText },
    {
      insecure: global.insecure,
      ...(global.config === undefined ? {} : { configFile: global.config }),
      ...(global.repo === undefined ? {} : { repository: global.repo }),
      ...verbosityFlag(global),
    },
  );
}

function verbosityFlag({ debug, quiet }: GlobalInput): { verbosity?: number } {
  if (debug) return { verbosity: verbosity.debug };
  return quiet ? { verbosity: verbosity.results } : {};
}

function printed({ terminal }: Invocation, text: string): number {
  terminal.stdout.write(text);
  return 0;
}

/** udocker is for people without rights; run by root, a hostile image would have root's. */
function refuseRoot(command: Command, global: GlobalInput, user: Invoker): void {
  if (user.uid !== 0 || command.allowRoot === true || global.allowRoot || rootAllowedByEnv(user)) return;
  throw new UdockerError(
    'UNSUPPORTED',
    'do not run as root: programs of a container would have its rights over this host',
    {
      hint: 'run udocker as an ordinary user, or, if it must be, with --allow-root or UDOCKER_ALLOW_ROOT=1',
    },
  );
}

function rootAllowedByEnv({ env }: Invoker): boolean {
  const text = env.UDOCKER_ALLOW_ROOT ?? '';
  if (text === '') return false;
  try {
    return boolean.parse(text);
  } catch (error) {
    if (!isUdockerError(error, 'INVALID')) throw error;
    throw new UdockerError('INVALID', `reading the environment: UDOCKER_ALLOW_ROOT: ${error.message}`);
  }
}

/** How long an action may take to clean up after a signal. */
const graceMs = 3000;

/** Waits for `work`; after a signal, only for the grace period, because not every wait can be broken off. */
async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp: (reason: unknown) => void = () => {};
  const gaveUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const onAbort = (): void => {
    setTimeout(() => giveUp(new UdockerError('INTERRUPTED', 'stopped')), graceMs).unref();
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, gaveUp]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function isUsage(error: unknown): boolean {
  return isUdockerError(error, 'USAGE');
}

function stopped(signal: AbortSignal, cause: unknown): UdockerError {
  const by = signal.reason === 'SIGINT' ? 'Ctrl-C' : String(signal.reason);
  return new UdockerError('INTERRUPTED', `stopped by ${by}`, { cause });
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

function signalStatus(signal: AbortSignal): number {
  return 128 + (signalNumbers[String(signal.reason)] ?? 2);
}
