/**
 * Runs a program in a container that is already there: gathers facts, decides, then acts. It knows neither the
 * store nor the command line; whoever opened the container hands it in.
 */
import { chooseEngine, type Wish } from '../engines/choose.ts';
import { describePlan } from '../engines/describe.ts';
import type { ExecPlan, ExitStatus } from '../engines/engine.ts';
import { type ModeName, parseMode } from '../engines/modes.ts';
import { detectOnce } from '../execute/detection-cache.ts';
import { execute } from '../execute/execute.ts';
import { type EngineSettings, gatherHostFacts, gatherRunHost } from '../execute/gather.ts';
import { realProbe } from '../execute/probe.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { type HostPath, under } from '../paths.ts';
import type { RunDefaults, RunRequest } from '../run/request.ts';
import { specify } from '../run/specify.ts';
import { isWritable } from '../system/host.ts';

/** A container as the store opens it; with `--location` a bare tree, without a directory of its own. */
export interface OpenedContainer {
  readonly id: string;
  readonly names: readonly string[];
  readonly directory?: HostPath;
  readonly root: HostPath;
  readonly config: ImageConfig;
  /** The container's `execmode` file, if it has one. */
  readonly mode?: string;
}

export interface RunSettings {
  readonly engines: EngineSettings;
  readonly defaults: RunDefaults;
  readonly env: Readonly<Record<string, string>>;
  /** `--execmode` of this run. */
  readonly mode?: ModeName;
  /** UDOCKER_DEFAULT_EXECUTION_MODE or the configuration. */
  readonly defaultMode?: ModeName;
  /** Something has to be done after the run (`--rm`), so that udocker must not become the engine. */
  readonly stay: boolean;
}

export type RunEvent =
  | { readonly kind: 'note'; readonly text: string }
  /** As it should be, but not as the words say. */
  | { readonly kind: 'remark'; readonly text: string }
  /** All is decided: how, in the words of `--dry-run`. */
  | { readonly kind: 'decided'; readonly text: string }
  | { readonly kind: 'ignored'; readonly feature: string; readonly reason: string }
  /** All is decided; the program starts next. Time for a banner. */
  | { readonly kind: 'starting'; readonly mode: ModeName; readonly args: readonly string[] };

/** A run that is decided but not begun. */
export interface PreparedRun {
  readonly mode: ModeName;
  readonly plan: ExecPlan;
  readonly args: readonly string[];
  readonly events: readonly RunEvent[];
  /** See RunSettings. */
  readonly stay: boolean;
}

/** The mode that a run would take. Throws UNSUPPORTED when there is none, or not the one that is wished for. */
export async function chosenMode(
  container: Pick<OpenedContainer, 'mode'>,
  settings: RunSettings,
): Promise<ModeName> {
  return (await choose(container, settings)).choice.mode.name;
}

async function choose(container: Pick<OpenedContainer, 'mode'>, settings: RunSettings) {
  const facts = gatherHostFacts(settings.env, settings.engines);
  const probe = realProbe(settings.env.PATH ?? '/usr/bin:/bin', facts.runtimeDirectory);
  return { facts, choice: await chooseEngine(wishOf(container, settings), facts, probe, detectOnce) };
}

/** Decides how to run; nothing of the container changes. Throws what `chooseEngine` and `specify` throw. */
export async function prepareRun(
  container: OpenedContainer,
  request: RunRequest,
  settings: RunSettings,
): Promise<PreparedRun> {
  const { facts, choice } = await choose(container, settings);
  const place = placeOf(container, facts.runtimeDirectory);
  const opened = { ...container, ...place, mode: choice.mode.name };
  const host = gatherRunHost(settings.env);
  const { spec, notes } = specify(request, container.config, opened, host, settings.defaults);
  const plan = choice.engine.plan(spec, choice.found, facts);
  const { remark } = choice.mode;
  const events: RunEvent[] = [
    ...(remark === undefined
      ? []
      : [{ kind: 'remark' as const, text: `mode ${choice.mode.name}: ${remark}` }]),
    ...notes.map((text) => ({ kind: 'note' as const, text })),
    ...plan.ignored.map((item) => ({ kind: 'ignored' as const, ...item })),
  ];
  return { mode: choice.mode.name, plan, args: spec.process.args, events, stay: settings.stay };
}

/**
 * Prepares and runs. Returns how the program ended; does not return when this process became the engine.
 * Throws what `prepareRun` and `execute` throw.
 */
export async function runContainer(
  container: OpenedContainer,
  request: RunRequest,
  settings: RunSettings,
  report: (event: RunEvent) => void,
): Promise<ExitStatus> {
  const prepared = await prepareRun(container, request, settings);
  const { mode, plan, args, events } = prepared;
  for (const event of events) report(event);
  report({ kind: 'decided', text: describeRun(prepared) });
  report({ kind: 'starting', mode, args });
  const onTrouble = (text: string) => report({ kind: 'note', text });
  return execute(plan, { stay: settings.stay, onTrouble });
}

/** The text of `run --dry-run`. */
export function describeRun(prepared: PreparedRun): string {
  return `mode: ${prepared.mode}\n${describePlan(prepared.plan, prepared.stay)}`;
}

/** An explicit choice, the container's own, the configured default, in this order. Throws USAGE (bad file). */
function wishOf(container: Pick<OpenedContainer, 'mode'>, settings: RunSettings): Wish | undefined {
  if (settings.mode !== undefined) return { mode: settings.mode, by: '--execmode' };
  if (container.mode !== undefined) return { mode: parseMode(container.mode), by: "the container's setup" };
  if (settings.defaultMode === undefined) return undefined;
  return { mode: settings.defaultMode, by: 'UDOCKER_DEFAULT_EXECUTION_MODE or the configuration' };
}

/** State lives beside ROOT; in the runtime directory for a bare tree, or a container that is not ours to write. */
function placeOf({ id, directory, root }: OpenedContainer, runtimeDirectory: HostPath) {
  const own = directory !== undefined && isWritable(directory);
  const stateDirectory = own ? under(directory, '.udocker') : under(runtimeDirectory, 'containers', id);
  return {
    rootWritable: isWritable(root),
    stateDirectory,
    ownersFile: under(directory ?? stateDirectory, 'owners'),
  };
}
