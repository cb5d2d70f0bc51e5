/**
 * argv and environment in, exit status out. Alone may end the process. No `await` at the top: it would turn the
 * bundle into a module whose imports are all loaded at start.
 */
import { commands } from './cli/commands/table.ts';
import { runCli } from './cli/run-cli.ts';
import { hostPath } from './paths.ts';
import { readText } from './system/files.ts';
import { homeOf } from './system/host.ts';
import { askLine, isTerminal, readAllInput, TerminalOutput, terminalColumns } from './system/terminal.ts';
import { givenEnvironment, restartIfTight } from './system/tight-memory.ts';

declare const UDOCKER_VERSION: string;

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function main(): void {
  restartIfTight(process.env);
  const { signal, release } = catchSignals();
  const stdout = new TerminalOutput(1);
  const env = givenEnvironment(process.env);
  const uid = process.getuid?.() ?? 0;
  runCli({
    words: process.argv.slice(2),
    commands,
    terminal: {
      stdout,
      stderr: new TerminalOutput(2),
      columns: terminalColumns,
      canAsk: isTerminal(0),
      ask: askLine,
      readInput: readAllInput,
    },
    user: {
      uid,
      gid: process.getgid?.() ?? 0,
      home: homeOf(uid, env),
      cwd: hostPath(process.cwd()),
      env,
      interactive: stdout.isTerminal && isTerminal(0),
    },
    readText,
    version: typeof UDOCKER_VERSION === 'string' ? UDOCKER_VERSION : 'unbuilt',
    signal,
    releaseSignals: release,
  }).then((status) => process.exit(status));
}

/** The first signal asks for an orderly end, the second one gets it at once. */
function catchSignals(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(name);
  };
  for (const name of stopSignals) process.on(name, onSignal);
  const release = (): void => {
    for (const name of stopSignals) process.off(name, onSignal);
  };
  return { signal: controller.signal, release };
}

main();
