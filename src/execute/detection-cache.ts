/**
 * Remembers what engines found, because trying a container costs more than starting one. An answer counts for
 * one boot and one state of the engine's program; "no" is not remembered, so that what the user mends works at
 * once.
 */
import type { Detect } from '../engines/choose.ts';
import type { Available, HostFacts } from '../engines/engine.ts';
import { type HostPath, hostPath, under } from '../paths.ts';
import { readText } from '../system/files.ts';
import { fileIdentity } from '../system/host.ts';
import { writeOnce } from '../system/run-files.ts';

interface Remembered {
  readonly key: string;
  readonly executable: string;
  readonly version: string;
  readonly features: readonly string[];
  readonly helpers: Readonly<Record<string, string>>;
  readonly quirks: readonly string[];
}

/** Bumped when a detection starts to mean something else. */
const format = 5;

/** Detects by memory where it holds, else by asking, and remembers. */
export const detectOnce: Detect = async (mode, engine, host, probe) => {
  const file = under(host.runtimeDirectory, `engine-${mode.name}-${engine.name}.json`);
  const remembered = recall(file, host);
  if (remembered !== undefined) return remembered;
  const found = await engine.detect(host, probe);
  if (found.kind === 'available') remember(file, host, found);
  return found;
};

function recall(file: HostPath, host: HostFacts): Available | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  const entry = decode(text);
  if (entry === undefined || entry.key !== keyOf(host, programsOf(entry))) return undefined;
  const { executable, version, features, helpers, quirks } = entry;
  return {
    kind: 'available',
    executable: hostPath(executable),
    version,
    features: new Set(features) as Available['features'],
    helpers: helpers as Available['helpers'],
    quirks: new Set(quirks),
  };
}

function remember(file: HostPath, host: HostFacts, found: Available): void {
  const { executable, version, helpers } = found;
  const entry: Remembered = {
    key: keyOf(host, programsOf(found)),
    executable,
    version,
    features: [...found.features],
    helpers,
    quirks: [...found.quirks],
  };
  writeOnce(file, JSON.stringify(entry), 0o600);
}

function programsOf({ executable, helpers }: Pick<Remembered, 'executable' | 'helpers'>): HostPath[] {
  return [executable, ...Object.values(helpers)].map((path) => hostPath(path));
}

/** Everything that could change the answer and is cheap to ask; the directory, for what has come into it. */
function keyOf(host: HostFacts, programs: readonly HostPath[]): string {
  const { bootId, kernelRelease, cgroups, chosen, nativeEngine, environment } = host;
  const identities = [host.binDirectory, ...programs].map((path) => fileIdentity(path) ?? 'gone');
  return JSON.stringify([
    format,
    bootId,
    kernelRelease,
    cgroups,
    chosen,
    nativeEngine,
    environment.PATH,
    host.binDirectory,
    identities,
  ]);
}

/** The file is our own, but a full disk or another version may have left anything in it. */
function decode(text: string): Remembered | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isOurs = typeof value === 'object' && value !== null && 'key' in value && 'executable' in value;
    return isOurs ? (value as Remembered) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
