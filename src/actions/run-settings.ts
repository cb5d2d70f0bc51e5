/** From the configuration to what a run and its engines need to be told. */
import type { HostPath } from '../paths.ts';
import { extractEngine } from '../system/embedded-engine.ts';
import type { ActionContext } from './context.ts';
import type { RunSettings } from './run-container.ts';

export interface RunChoices {
  readonly mode: RunSettings['mode'] | undefined;
  readonly stay: boolean;
}

/** The settings of one run. Puts the native engine where it can be executed, if this build carries it. */
export async function runSettings(context: ActionContext, { mode, stay }: RunChoices): Promise<RunSettings> {
  const { layout, run } = context.config;
  const nativeEngine = await nativeEngineIn(context);
  const defaultMode = run.mode ?? modeOfCpu(run.modesByCpu);
  return {
    engines: {
      binDirectory: layout.bin,
      temporaryDirectory: run.temporaryDirectory,
      chosen: run.programs,
      ...(nativeEngine === undefined ? {} : { nativeEngine }),
    },
    defaults: { sysDirs: run.sysDirs, driDirs: run.driDirs, killOnExit: run.killOnExit },
    env: definedOnly(context.user.env),
    stay,
    ...(mode === undefined ? {} : { mode }),
    ...(defaultMode === undefined ? {} : { defaultMode }),
  };
}

/** Names of CPUs in `default_execution_modes`, by ours. */
const cpuNames: Readonly<Record<string, string>> = { x64: 'x86_64', ia32: 'x86', ppc64: 'ppc64le' };

function modeOfCpu(modes: ActionContext['config']['run']['modesByCpu']): RunSettings['mode'] | undefined {
  return modes[cpuNames[process.arch] ?? process.arch] ?? modes.DEFAULT;
}

/** Without a place for the native engine a run goes on: other engines may work. */
function nativeEngineIn({ config, user, report }: ActionContext): Promise<HostPath | undefined> {
  return extractEngine(config.layout.bin, user.env, (message) => report({ kind: 'debug', message }));
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const defined = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(defined);
}
