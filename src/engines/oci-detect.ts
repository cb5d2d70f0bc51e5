/**
 * Finding runc and crun: a trial run of a real little container, because user namespaces are forbidden in many
 * ways, and only trying tells.
 */
import { guestPath, type HostPath, under } from '../paths.ts';
import type { Mount } from '../run/run-spec.ts';
import type { Available, Detection, Feature, HostFacts, Probe, Unavailable } from './engine.ts';
import { findEngineProgram, isUnavailable, machineNames, unavailable } from './find-program.ts';
import { hasInit, type OciOptions, procOf, type Runtime, refusedOf, runtimeCommand } from './oci.ts';
import { initWords } from './oci-program.ts';
import { canRefuse, type OciSubject, ociConfig } from './oci-spec.ts';
import { findInsideProot, insideMounts, insideVariables, insideWords } from './proot-inside.ts';
import { supervised, supervisorFor } from './supervision.ts';

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
  const inside = options.inside === undefined ? undefined : await findInsideProot(host, probe);
  if (inside !== undefined && 'kind' in inside) return inside;
  const about = await probe.run(executable, ['--version'], { timeoutMs: 5000 });
  const features = new Set<Feature>(['readonly-mounts', 'hostname', 'kill-on-exit']);
  if (!runtime.rootOnly) features.add('other-user');
  for (const feature of inside?.features ?? []) features.add(feature);
  const found = (quirks: readonly string[]): Available => ({
    kind: 'available',
    executable,
    version: /version v?(\S+)/.exec(about.stdout)?.[1] ?? 'unknown',
    features,
    helpers: { ...helpers, ...inside?.helpers },
    quirks: new Set([...quirks, ...(inside?.quirks ?? [])]),
  });
  return tryOut(runtime, options, quirksToTry(options, host).map(found), host, probe);
}

/** Best first. */
function quirksToTry({ inside }: OciOptions, host: HostFacts): readonly (readonly string[])[] {
  const plain = [[], ['bind-proc']];
  const all = host.nativeEngine === undefined ? plain : [['init'], ['init', 'bind-proc'], ...plain];
  return inside !== undefined && canRefuse(host.machine)
    ? [...all.map((quirks) => [...quirks, 'refuse']), ...all]
    : all;
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

const trialProgram = ['/bin/sh', '-c', 'exit 42'] as const;
const trialProcess = {
  cwd: guestPath('/'),
  user: { uid: 0, gid: 0, groups: [], name: 'root', home: guestPath('/') },
};

/** Starts a shell of the host in a container made of the host's own directories. */
async function tryOut(
  runtime: Runtime,
  options: OciOptions,
  candidates: readonly Available[],
  host: HostFacts,
  probe: Probe,
): Promise<Detection> {
  const { inside } = options;
  let reason = '';
  for (const found of candidates) {
    const program =
      inside === undefined
        ? trialProgram
        : ([...insideWords(trialProcess, { ports: [] }, found), ...trialProgram] as const);
    const trial = await probe.withScratch({ 'root/tmp/keep': '' }, (scratch) => {
      const config = ociConfig(trialSubject(under(scratch, 'root')), {
        outer: runtime.outer(host),
        inner: { uid: 0, gid: 0 },
        mounts: [...trialMounts(probe), ...insideMounts(found)],
        proc: procOf(found),
        ...refusedOf(options, trialProcess.user, found, host),
        args: [...(hasInit(found) ? [...initWords(firstImage), '--', program[0]] : []), ...program],
        env: { PATH: '/usr/bin:/bin', ...(inside === undefined ? {} : insideVariables(inside)) },
      });
      return probe.withScratch({ 'config.json': config }, (bundle) => {
        const runOptions = hasInit(found) ? ['--detach', '--preserve-fds', '1'] : [];
        const place = { state: under(scratch, 'state'), bundle, id: 'probe', options: runOptions };
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
    reason ||= complaintIn(trial.stderr) ?? `status ${trial.status ?? 'unknown'}`;
  }
  return unavailable(
    `${runtime.name} cannot start a container without privileges: ${reason}`,
    remedy(reason),
  );
}

/** The last line, but PRoot's says nothing. */
function complaintIn(stderr: string): string | undefined {
  const lines = stderr.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.includes('see `proot --help`')).at(-1);
}

function remedy(reason: string): string {
  if (reason.includes('proot')) return 'PRoot does not run inside; choose the mode R1 or P1';
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
