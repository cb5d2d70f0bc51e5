/**
 * What runc and crun have in common: finding them, a trial run of a real little container (user namespaces are
 * forbidden in many ways, and only trying tells), and the plan around config.json.
 */

import { guestPath, type HostPath, under } from '../paths.ts';
import { formatOf, headBytes } from '../run/elf.ts';
import { fingerprint } from '../run/fingerprint.ts';
import type { Mount, RunSpec } from '../run/run-spec.ts';
import type {
  Available,
  Detection,
  ExecPlan,
  Feature,
  HostFacts,
  Probe,
  Step,
  Unavailable,
} from './engine.ts';
import { findEngineProgram, isUnavailable, machineNames, unavailable } from './find-program.ts';
import { firstProcess, initWords } from './oci-program.ts';
import { type OciSubject, ociConfig } from './oci-spec.ts';
import { findProot } from './proot.ts';
import { possibleMounts, setupSteps } from './setup.ts';
import { supervised, supervisorFor } from './supervision.ts';

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
  readonly inside?: 'accelerated' | 'plain';
}

const keptBundles = 16;
const firstImage = 3;

/** Looks for the runtime and tries it; `helpers` are further programs the runtime needs on this host. */
export async function detectRuntime(
  runtime: Runtime,
  options: OciOptions,
  helpers: Readonly<Record<string, HostPath>>,
  host: HostFacts,
  probe: Probe,
): Promise<Detection> {
  const executable = findRuntime(runtime.name, host, probe);
  if (isUnavailable(executable)) return executable;
  const proot = options.inside === undefined ? undefined : staticProot(host, probe);
  if (proot !== undefined && isUnavailable(proot)) return proot;
  const about = await probe.run(executable, ['--version'], { timeoutMs: 5000 });
  const features = new Set<Feature>(['readonly-mounts', 'hostname', 'kill-on-exit']);
  if (!runtime.rootOnly) features.add('other-user');
  if (proot !== undefined) features.add('root-emulation');
  const found = (quirks: readonly string[]): Available => ({
    kind: 'available',
    executable,
    version: /version v?(\S+)/.exec(about.stdout)?.[1] ?? 'unknown',
    features,
    helpers: proot === undefined ? helpers : { ...helpers, proot },
    quirks: new Set(quirks),
  });
  const plain = [found([]), found(['bind-proc'])];
  const withInit = host.nativeEngine === undefined ? [] : [found(['init']), found(['init', 'bind-proc'])];
  return tryOut(runtime, [...withInit, ...plain], host, probe);
}

function findRuntime(name: 'runc' | 'crun', host: HostFacts, probe: Probe): HostPath | Unavailable {
  const chosen = host.chosen.runc;
  const base = chosen?.split('/').at(-1) ?? '';
  const other = name === 'runc' ? 'crun' : 'runc';
  if (base.includes(other))
    return unavailable(`UDOCKER_USE_RUNC_EXECUTABLE names ${chosen}`, `unset it to use ${name}`);
  const bundled = [...machineNames(host.machine).map((machine) => `${name}-${machine}`), name];
  const query = { chosen, variable: 'UDOCKER_USE_RUNC_EXECUTABLE', name, bundled, prefer: 'path' as const };
  return findEngineProgram(query, host, probe);
}

/** A PRoot that runs inside any container: one that needs no libraries. */
function staticProot(host: HostFacts, probe: Probe): HostPath | Unavailable {
  const found = findProot(host, probe);
  if (isUnavailable(found)) return found;
  const format = formatOf(probe.readHead(found, headBytes) ?? new Uint8Array());
  if (format.kind === 'elf' && format.loader === undefined) return found;
  return unavailable(
    `${found} needs shared libraries and cannot run inside a container`,
    'name a static one with UDOCKER_USE_PROOT_EXECUTABLE=FILE, or choose the mode R1',
  );
}

const trialProgram = ['/bin/sh', '-c', 'exit 42'];

/** Starts a shell of the host in a container made of the host's own directories. */
async function tryOut(
  runtime: Runtime,
  candidates: readonly Available[],
  host: HostFacts,
  probe: Probe,
): Promise<Detection> {
  let reason = '';
  for (const found of candidates) {
    const trial = await probe.withScratch({ 'root/keep': '' }, (scratch) => {
      const config = ociConfig(trialSubject(under(scratch, 'root')), {
        outer: runtime.outer(host),
        inner: { uid: 0, gid: 0 },
        mounts: trialMounts(probe),
        proc: procOf(found),
        args: [...(hasInit(found) ? [...initWords(firstImage), '--', '/bin/sh'] : []), ...trialProgram],
        env: { PATH: '/usr/bin:/bin' },
      });
      return probe.withScratch({ 'config.json': config }, (bundle) => {
        const options = hasInit(found) ? ['--detach', '--preserve-fds', '1'] : [];
        const place = { state: under(scratch, 'state'), bundle, id: 'probe', options };
        const { env, ...command } = runtimeCommand(runtime, found, host, place);
        const supervisor = hasInit(found)
          ? supervisorFor(
              host,
              { conduct: { kind: 'leaves-program', console: false }, teardown: [] },
              { image: firstImage },
            )
          : undefined;
        const whole = supervisor === undefined ? command : supervised(supervisor, command);
        return probe.run(whole.file, whole.args, { env });
      });
    });
    if (trial.status === 42) return found;
    reason ||= trial.stderr.trim().split('\n').at(-1) || `status ${trial.status ?? 'unknown'}`;
  }
  return unavailable(
    `${runtime.name} cannot start a container without privileges: ${reason}`,
    remedy(reason),
  );
}

function remedy(reason: string): string {
  if (reason.includes('cgroup')) return 'install util-linux (unshare) or runc, or use mode P1';
  return 'ask for unprivileged user namespaces (sysctl user.max_user_namespaces), or use mode P1';
}

function trialSubject(root: HostPath): OciSubject {
  return { root, hostname: { name: 'probe' }, process: { terminal: false, cwd: guestPath('/') } };
}

function trialMounts(probe: Probe): Mount[] {
  return ['/bin', '/lib', '/lib64', '/usr', '/dev'].flatMap((path): Mount[] => {
    const source = probe.findDirectory(path);
    if (source === undefined) return [];
    const common = { readonly: false, kind: 'directory', origin: 'volume', targetExists: false } as const;
    return [{ source, target: guestPath(path), ...common }];
  });
}

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
      args: first.args,
      env: first.env,
    },
  );
  const bundles = under(spec.container.stateDirectory, 'bundles');
  const bundle = under(bundles, fingerprint(config));
  const state = under(host.runtimeDirectory, runtime.name);
  const setup: Step[] = [
    ...setupSteps(spec),
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
    ignored: [...ignored, ...notGiven(runtime, options, spec)],
  };
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
function runtimeCommand(
  runtime: Runtime,
  found: Available,
  host: HostFacts,
  { state, bundle, id, options }: Place,
): { file: HostPath; args: readonly string[]; env: Record<string, string> } {
  const own = ['--root', state, 'run', '--no-new-keyring', ...options, '--bundle', bundle, id];
  const [file, ...args] = runtime.wrap(found, host, [found.executable, ...runtime.globals, ...own]);
  return { file, args, env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } };
}

function notGiven(runtime: Runtime, options: OciOptions, spec: RunSpec): ExecPlan['ignored'] {
  const list: { feature: Feature; reason: string }[] = [];
  const { user } = spec.process;
  if (runtime.rootOnly && options.inside === undefined && user.uid !== 0) {
    const reason = `${runtime.name} without privileges runs everything as root inside; user ${user.name} needs crun or mode P1`;
    list.push({ feature: 'other-user', reason });
  }
  const moved = spec.ports.filter((port) => port.host !== port.guest);
  if (moved.length > 0) {
    const ports = moved.map(({ guest }) => guest).join(', ');
    list.push({
      feature: 'ports',
      reason: `the network is the host's own; the container's port ${ports} is not remapped`,
    });
  }
  if (spec.kernelRelease !== undefined) {
    list.push({ feature: 'kernel-release', reason: `${runtime.name} cannot change what uname says` });
  }
  return list;
}

/** The supervisor was seen to start a container with our init and to take it over from the runtime. */
function hasInit(found: Available): boolean {
  return found.quirks.has('init');
}

function withProot({ inside }: OciOptions): { readonly proot?: 'accelerated' | 'plain' } {
  return inside === undefined ? {} : { proot: inside };
}

function procOf(found: Available): 'new' | 'bind' {
  return found.quirks.has('bind-proc') ? 'bind' : 'new';
}
