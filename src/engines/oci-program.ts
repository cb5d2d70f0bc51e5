/**
 * What process 1 of a container under runc or crun is: the program, or PRoot that runs it (R2, R3), and before
 * either our init, so that signals and orphans are what they are for any process.
 */
import type { Mount, RunSpec } from '../run/run-spec.ts';
import type { Available, HostFacts } from './engine.ts';
import { lostStatus } from './proot.ts';
import { type Acceleration, insideMounts, insideVariables, insideWords } from './proot-inside.ts';
import { type Descriptors, isInit } from './supervision.ts';

export interface FirstProcess {
  readonly args: readonly string[];
  readonly env: RunSpec['process']['env'];
  /** What it needs besides the container's own mounts. */
  readonly mounts: readonly Mount[];
  /** What the supervisor has to open. */
  readonly descriptors: Descriptors;
  /** Options of `run`, the same for runc and crun. */
  readonly options: readonly string[];
}

/** How much stands between the runtime and the program. */
export interface Between {
  readonly proot?: Acceleration;
  /** The runtime was seen to start our init from a descriptor. */
  readonly init: boolean;
}

/** Composes process 1. */
export function firstProcess(
  spec: RunSpec,
  between: Between,
  found: Available,
  { inherited }: Pick<HostFacts, 'inherited'>,
): FirstProcess {
  const passed = spec.process.env.PMI_FD === undefined ? [] : inherited;
  const last = Math.max(2, ...passed);
  const inner = withProot(spec, between.proot, found);
  const fill = passed.length === 0 ? {} : { fill: last + 1 };
  const preserve = (count: number) => (count === 0 ? [] : ['--preserve-fds', String(count)]);
  if (!between.init || (isInit(spec.process.file) && between.proot === undefined))
    return { ...inner, args: inner.plain, descriptors: fill, options: preserve(last - 2) };
  const image = last + 1;
  const around = between.proot === undefined ? [] : ['around', String(lostStatus)];
  return {
    ...inner,
    args: [...initWords(image), ...around, '--', inner.file, ...inner.args],
    descriptors: { image, ...fill },
    options: preserve(image - 2),
  };
}

/** The beginning of an init's words: it finds itself at a descriptor, which it then closes. */
export function initWords(image: number): string[] {
  return [`/proc/self/fd/${image}`, 'init1', 'close', String(image)];
}

/** `plain`: the words for a runtime that looks the program up itself. */
function withProot(spec: RunSpec, proot: Between['proot'], found: Available) {
  const { args, env, file } = spec.process;
  // A name is looked up by the runtime as it was by us, and stays the program's argv[0].
  const name = env.PATH === undefined || args[0].includes('/') ? file : args[0];
  const plain = [name, ...args.slice(1)];
  if (proot === undefined) return { file, args, plain, env, mounts: [] };
  const words: [string, ...string[]] = [...insideWords(spec.process, spec, found), ...plain];
  const variables = { ...env, ...insideVariables(proot) };
  return { file: words[0], args: words, plain: words, env: variables, mounts: insideMounts(found) };
}
