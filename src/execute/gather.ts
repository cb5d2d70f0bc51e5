/** Gathers the facts that `specify` and the engines decide by. */
import type { HostFacts } from '../engines/engine.ts';
import type { HostPath } from '../paths.ts';
import type { RunHost } from '../run/facts.ts';
import * as host from '../system/host.ts';
import { terminalSize } from '../system/process-calls.ts';
import { inheritedDescriptors } from '../system/processes.ts';

type Variables = Readonly<Record<string, string>>;

/** Facts for `specify`; those that most runs do not need are looked up when they are asked for. */
export function gatherRunHost(env: Variables): RunHost {
  const terminal = host.isTerminal(0) && host.isTerminal(1);
  const size = terminal ? terminalSize(0) : undefined;
  return {
    ...host.invoker(env),
    env,
    hostname: host.hostName(),
    architecture: host.architecture(),
    get cpus() {
      return host.usableCpus();
    },
    terminal,
    ...(size === undefined ? {} : { terminalSize: size }),
    get foreignArchitectures() {
      return host.foreignArchitectures();
    },
    files: host.hostFiles,
    freePort: host.freePort,
  };
}

/** What only the configuration knows. */
export interface EngineSettings {
  readonly binDirectory: HostPath;
  readonly temporaryDirectory: HostPath;
  readonly chosen: HostFacts['chosen'];
  readonly nativeEngine?: HostPath;
}

/** Facts for engines. Makes the runtime directory. */
export function gatherHostFacts(env: Variables, settings: EngineSettings): HostFacts {
  const { machine, release } = host.kernel();
  return {
    machine,
    kernelRelease: release,
    bootId: host.bootId(),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    environment: env,
    runtimeDirectory: host.runtimeDirectory(env),
    cgroups: host.cgroupLayout(),
    invocation: host.invocationName(),
    inherited: inheritedDescriptors(),
    ...settings,
  };
}
