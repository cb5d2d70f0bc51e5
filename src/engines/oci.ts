/** What runc and crun have in common: the plan around config.json. */

import { guestPath, type HostPath, under } from '../paths.ts';
import { fingerprint } from '../run/fingerprint.ts';
import type { Mount, RunSpec, User } from '../run/run-spec.ts';
import type { Available, ExecPlan, Feature, HostFacts, Step } from './engine.ts';
import { firstProcess } from './oci-program.ts';
import { type OciOptions as OciConfigOptions, ociConfig } from './oci-spec.ts';
import { type Acceleration, insideRefuses, insideSteps } from './proot-inside.ts';
import { isInside, mountPointSteps, possibleMounts, setupSteps } from './setup.ts';
import { supervisorFor } from './supervision.ts';

export interface Runtime {
  readonly name: 'runc' | 'crun';
  /** The ids that the runtime itself has where it starts the container. */
  outer(host: HostFacts): { readonly uid: number; readonly gid: number };
  /** The words that start `words`, a command of the runtime, so that it works on this host. */
  wrap(
    found: Available,
    host: HostFacts,
    words: readonly [HostPath, ...string[]],
  ): readonly [HostPath, ...string[]];
  /** Global options besides --root. */
  readonly globals: readonly string[];
  /** The runtime insists on a mapping of id 0. */
  readonly rootOnly: boolean;
  /** For a terminal it creates /dev/console, which in the host's own /dev it may not: it gets one of ours. */
  readonly wantsConsole: boolean;
  /** Whether it passes changes of the terminal's size on. */
  readonly resizes: boolean;
}

export interface OciOptions {
  /** R2 and R3: PRoot runs inside, to emulate root where one mapped id is not enough. */
  readonly inside?: Acceleration;
}

const keptBundles = 16;

/** The plan for a container under `runtime`. */
export function planRuntime(
  runtime: Runtime,
  options: OciOptions,
  spec: RunSpec,
  found: Available,
  host: HostFacts,
): ExecPlan {
  const { mounts, ignored } = possibleMounts(spec);
  const { user } = spec.process;
  const inner =
    runtime.rootOnly || options.inside !== undefined ? { uid: 0, gid: 0 } : { uid: user.uid, gid: user.gid };
  const init = hasInit(found);
  const first = firstProcess(spec, { ...withProot(options), init }, found, host);
  // A terminal that our supervisor makes in the host's /dev has its name inside only where that is inside too.
  const ownConsole = first.descriptors.image !== undefined && hasHostDevices(mounts);
  const detached = init && (ownConsole || !spec.process.terminal);
  const terminal = spec.process.terminal && !detached;
  const standIn = runtime.wantsConsole && terminal && hasHostDevices(mounts) ? [consoleMount(spec)] : [];
  const config = ociConfig(
    { ...spec, process: { ...spec.process, terminal } },
    {
      outer: runtime.outer(host),
      inner,
      mounts: [...mounts, ...first.mounts, ...standIn],
      proc: procOf(found),
      ...refusedOf(options, user, found, host),
      args: first.args,
      env: first.env,
    },
  );
  const bundles = under(spec.container.stateDirectory, 'bundles');
  const bundle = under(bundles, fingerprint(config));
  const state = under(host.runtimeDirectory, runtime.name);
  const setup: Step[] = [
    ...setupSteps(spec),
    ...mountPointSteps(spec, onRoot([...mounts, ...first.mounts])),
    ...(options.inside === undefined ? [] : insideSteps(spec)),
    ...standIn.map(({ source: path }): Step => ({ do: 'write-file', path, content: '', mode: 0o600 })),
    { do: 'make-directory', path: state, mode: 0o700 },
    { do: 'make-directory', path: bundle, mode: 0o700 },
    { do: 'write-file', path: under(bundle, 'config.json'), content: config, mode: 0o600 },
    { do: 'prune-directory', path: bundles, keep: keptBundles },
  ];
  const id = `udocker-${host.invocation}`;
  // Where the runtime makes the terminal it has to stay and copy; else it hands streams on and is needed no more.
  const runOptions = [...(detached ? ['--detach'] : []), ...first.options];
  const command = runtimeCommand(runtime, found, host, { state, bundle, id, options: runOptions });
  const after: Pick<ExecPlan, 'conduct' | 'teardown'> = {
    teardown: [{ do: 'remove', path: under(state, id) }],
    conduct: detached
      ? { kind: 'leaves-program', console: spec.process.terminal }
      : { kind: 'through-engine', resizes: runtime.resizes || !terminal },
  };
  const supervisor = supervisorFor(host, after, first.descriptors);
  return {
    engine: runtime.name,
    setup,
    command: { ...command, ...(spec.cpus === undefined ? {} : { cpus: spec.cpus }) },
    ...after,
    ...(supervisor === undefined ? {} : { supervisor }),
    ignored: [...ignored, ...notGiven(runtime, options, spec, found)],
  };
}

/** The runtime makes the others, in what is mounted before; its own /dev is one of those. */
function onRoot(mounts: readonly Mount[]): Mount[] {
  return mounts.filter((mount) => !isInside(mount, mounts) && !mount.target.startsWith('/dev/'));
}

function hasHostDevices(mounts: readonly Mount[]): boolean {
  return mounts.some(({ target, source }) => target === '/dev' && source === '/dev');
}

function consoleMount(spec: RunSpec): Mount {
  const source = under(spec.container.stateDirectory, 'console');
  const common = { readonly: false, kind: 'file', origin: 'volume', targetExists: true } as const;
  return { source, target: guestPath('/dev/console'), ...common };
}

interface Place {
  readonly state: HostPath;
  readonly bundle: HostPath;
  readonly id: string;
  /** Of the runtime's `run`. */
  readonly options: readonly string[];
}

/** The runtime's own environment is none of the container's. */
export function runtimeCommand(
  runtime: Runtime,
  found: Available,
  host: HostFacts,
  { state, bundle, id, options }: Place,
): { file: HostPath; args: readonly string[]; env: Record<string, string> } {
  const own = ['--root', state, 'run', '--no-new-keyring', ...options, '--bundle', bundle, id];
  const [file, ...args] = runtime.wrap(found, host, [found.executable, ...runtime.globals, ...own]);
  return { file, args, env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } };
}

function notGiven(
  runtime: Runtime,
  options: OciOptions,
  spec: RunSpec,
  { features }: Available,
): ExecPlan['ignored'] {
  const list: { feature: Feature; reason: string }[] = [];
  const { user } = spec.process;
  if (runtime.rootOnly && options.inside === undefined && user.uid !== 0) {
    const reason = `${runtime.name} without privileges runs everything as root inside; user ${user.name} needs crun or mode P1`;
    list.push({ feature: 'other-user', reason });
  }
  const moved = spec.ports.filter((port) => port.host !== port.guest);
  if (moved.length > 0 && !features.has('ports')) {
    const ports = moved.map(({ guest }) => guest).join(', ');
    list.push({
      feature: 'ports',
      reason: `the network is the host's own; the container's port ${ports} is not remapped`,
    });
  }
  if (spec.kernelRelease !== undefined && !features.has('kernel-release')) {
    list.push({ feature: 'kernel-release', reason: `${runtime.name} cannot change what uname says` });
  }
  return list;
}

/** The supervisor was seen to start a container with our init and to take it over from the runtime. */
export function hasInit(found: Available): boolean {
  return found.quirks.has('init');
}

function withProot({ inside }: OciOptions): { readonly proot?: 'accelerated' | 'plain' } {
  return inside === undefined ? {} : { proot: inside };
}

/** How the container gets its /proc, as the trial found. */
export function procOf(found: Available): 'new' | 'bind' {
  return found.quirks.has('bind-proc') ? 'bind' : 'new';
}

/** The calls that are refused because of PRoot inside, where the trial found that this can be had. */
export function refusedOf(
  { inside }: OciOptions,
  user: Pick<User, 'uid'>,
  { quirks }: Available,
  { machine }: HostFacts,
): Pick<OciConfigOptions, 'refused'> {
  if (inside === undefined || !quirks.has('refuse')) return {};
  return { refused: { machine, calls: insideRefuses(user, quirks) } };
}
