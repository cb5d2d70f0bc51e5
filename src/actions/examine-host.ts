/** Asks every engine whether it works on this host, and why not. Nothing is remembered from earlier runs. */
import { detectAnew } from '../engines/choose.ts';
import type { EngineName } from '../engines/engine.ts';
import { defaultOrder, type ModeName, modeNames, modes } from '../engines/modes.ts';
import { gatherHostFacts } from '../execute/gather.ts';
import { realProbe } from '../execute/probe.ts';
import type { ActionContext } from './context.ts';
import { requireNamedRepository } from './open-store.ts';
import { runSettings } from './run-settings.ts';

export interface EngineFinding {
  readonly engine: EngineName;
  readonly works: boolean;
  /** Of the program, where it works. */
  readonly version?: string;
  /** Its program (host path), where it works. */
  readonly program?: string;
  /** Why it does not work, and what helps. */
  readonly reason?: string;
  readonly hint?: string;
}
export interface ModeFinding {
  readonly mode: ModeName;
  readonly summary: string;
  /** A run without a wish for a mode takes this one. */
  readonly default: boolean;
  readonly engines: readonly EngineFinding[];
}
export interface HostFindings {
  /** `uname -m` and `uname -r`. */
  readonly machine: string;
  readonly kernel: string;
  readonly cgroups: string;
  readonly repository: string;
  readonly modes: readonly ModeFinding[];
}

/** Examines the host. An engine that does not work is a finding, not an error. Throws NOT_FOUND, INVALID (the repository). */
export async function examineHost(context: ActionContext): Promise<HostFindings> {
  requireNamedRepository(context); // where engines are, and are put
  const settings = await runSettings(context, { mode: undefined, stay: true });
  const host = gatherHostFacts(settings.env, settings.engines);
  const probe = realProbe(settings.env.PATH ?? '/usr/bin:/bin', host.runtimeDirectory);
  const found: Omit<ModeFinding, 'default'>[] = [];
  for (const name of modeNames) {
    const { engines, summary } = modes[name];
    const findings: EngineFinding[] = [];
    for (const engine of engines) {
      const detection = await detectAnew(modes[name], engine, host, probe);
      findings.push(
        detection.kind === 'available'
          ? { engine: engine.name, works: true, version: detection.version, program: detection.executable }
          : { engine: engine.name, works: false, reason: detection.reason, hint: detection.hint },
      );
    }
    found.push({ mode: name, summary, engines: findings });
  }
  const first =
    settings.defaultMode ??
    defaultOrder.find((name) => found.some((each) => each.mode === name && works(each)));
  return {
    machine: host.machine,
    kernel: host.kernelRelease,
    cgroups: host.cgroups,
    repository: context.config.layout.top,
    modes: found.map((each) => ({ ...each, default: each.mode === first })),
  };
}

/** Whether any engine of the mode works. */
export function works({ engines }: Pick<ModeFinding, 'engines'>): boolean {
  return engines.some((engine) => engine.works);
}
