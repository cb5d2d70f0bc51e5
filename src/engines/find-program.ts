/**
 * Where the program of an engine is looked for: the file the user names, the repository's bin/ (with the names
 * that udocker's engine tarball uses), the PATH.
 */
import { type HostPath, hostPath, under } from '../paths.ts';
import type { HostFacts, Probe, Unavailable } from './engine.ts';

export interface ProgramQuery {
  /** What the user or the configuration says: a path, a name, `UDOCKER` for bin/ only, empty for no choice. */
  readonly chosen: string | undefined;
  /** The environment variable that would say it, for hints. */
  readonly variable: string;
  readonly name: string;
  /** File names in bin/, best first. */
  readonly bundled: readonly string[];
  readonly prefer: 'bundled' | 'path';
}

/** The program, or why there is none and what to do. */
export function findEngineProgram(
  query: ProgramQuery,
  host: HostFacts,
  probe: Probe,
): HostPath | Unavailable {
  const { chosen, name, variable } = query;
  if (chosen !== undefined && chosen !== '' && chosen !== 'UDOCKER') {
    const found = probe.findExecutable(chosen);
    return (
      found ??
      unavailable(`${variable} names ${chosen}, which is not an executable file`, `correct or unset it`)
    );
  }
  const bundled = () =>
    firstFound(
      query.bundled.map((file) => under(host.binDirectory, file)),
      probe,
    );
  const inPath = () =>
    chosen === 'UDOCKER' && query.prefer === 'path' ? undefined : probe.findExecutable(name);
  const found = query.prefer === 'bundled' ? (bundled() ?? inPath()) : (inPath() ?? bundled());
  return (
    found ??
    unavailable(
      `there is no ${name} in ${host.binDirectory} or the PATH`,
      `install ${name}, or set ${variable}`,
    )
  );
}

/** True for the second half of `HostPath | Unavailable`. */
export function isUnavailable(found: HostPath | Unavailable): found is Unavailable {
  return typeof found !== 'string';
}

/** The names that machines go by in file names of the engine tarball. */
export function machineNames(machine: string): readonly string[] {
  return machine === 'aarch64' ? ['aarch64', 'arm64'] : [machine];
}

function firstFound(paths: readonly string[], probe: Probe): HostPath | undefined {
  for (const path of paths) {
    const found = probe.findExecutable(path);
    if (found !== undefined) return hostPath(found);
  }
  return undefined;
}

/** The detection that says no. */
export function unavailable(reason: string, hint: string): Unavailable {
  return { kind: 'unavailable', reason, hint };
}
