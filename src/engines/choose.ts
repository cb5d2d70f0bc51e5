/**
 * Which mode and engine run a container: the one somebody chose, else the first of the default order that
 * works here. A chosen mode is never silently replaced.
 */
import { UdockerError } from '../errors.ts';
import type { Available, Engine, HostFacts, Probe, Unavailable } from './engine.ts';
import { defaultOrder, type Mode, type ModeName, modes } from './modes.ts';

export interface Choice {
  readonly mode: Mode;
  readonly engine: Engine;
  readonly found: Available;
}
/** Why an engine was passed over. */
export interface Refusal {
  readonly mode: ModeName;
  readonly engine: Engine['name'];
  readonly why: Unavailable;
}
export interface Wish {
  readonly mode: ModeName;
  /** Who wants it, for the error: `--execmode`, `the container's setup`, `UDOCKER_DEFAULT_EXECUTION_MODE`. */
  readonly by: string;
}

/** Remembers detections; see `execute/detection-cache.ts`. */
export type Detect = (
  mode: Mode,
  engine: Engine,
  host: HostFacts,
  probe: Probe,
) => ReturnType<Engine['detect']>;

/** Asks the engine itself, each time. */
export const detectAnew: Detect = (_mode, engine, host, probe) => engine.detect(host, probe);

/** Chooses. Throws UNSUPPORTED when the wished mode, or without a wish every mode, is unavailable; says why. */
export async function chooseEngine(
  wish: Wish | undefined,
  host: HostFacts,
  probe: Probe,
  detect: Detect = detectAnew,
): Promise<Choice> {
  const refusals: Refusal[] = [];
  for (const name of wish === undefined ? defaultOrder : [wish.mode]) {
    const mode = modes[name];
    for (const engine of mode.engines) {
      const found = await detect(mode, engine, host, probe);
      if (found.kind === 'available') return { mode, engine, found };
      refusals.push({ mode: name, engine: engine.name, why: found });
    }
  }
  throw wish === undefined ? nothingWorks(refusals) : wishRefused(wish, refusals);
}

function wishRefused(wish: Wish, refusals: readonly Refusal[]): UdockerError {
  const reasons = refusals.map(({ engine, why }) => `${engine}: ${why.reason}`).join('; ');
  return new UdockerError(
    'UNSUPPORTED',
    `mode ${wish.mode} (chosen by ${wish.by}) cannot run here: ${reasons}`,
    {
      hint: refusals.at(-1)?.why.hint ?? 'choose another mode',
    },
  );
}

function nothingWorks(refusals: readonly Refusal[]): UdockerError {
  const reasons = refusals.map(({ mode, engine, why }) => `${mode} (${engine}): ${why.reason}`).join('; ');
  return new UdockerError('UNSUPPORTED', `no execution mode works on this host: ${reasons}`, {
    hint: 'see udocker doctor; install one of crun, runc or proot, or put one into the repository (bin/)',
  });
}
