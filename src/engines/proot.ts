/**
 * PRoot: the guest's system calls are intercepted with ptrace; P1 lets a seccomp filter spare the harmless
 * ones, P2 intercepts all. What a build can do differs (Debian's 5.1, udocker's), so it is asked, not assumed.
 */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import type { Env, RunSpec, User } from '../run/run-spec.ts';
import {
  type Available,
  type Detection,
  type Engine,
  type ExecPlan,
  type Feature,
  type HiddenCall,
  type HostFacts,
  hideableCalls,
  type Probe,
  type ProbeResult,
} from './engine.ts';
import { findEngineProgram, isUnavailable, machineNames, unavailable } from './find-program.ts';
import { setupSteps } from './setup.ts';
import { supervisorFor } from './supervision.ts';

export interface ProotOptions {
  /** P1: use the seccomp filter where it works. */
  readonly acceleration: boolean;
}

/** A program that tells whether it is filtered, and whose status cannot be mistaken. */
const question =
  'while read -r a b; do case $a in Seccomp:) echo "$a $b";; esac; done </proc/self/status; exit 42';

/** What PRoot 5.1 exits with when the program was killed. */
export const lostStatus = 255;

/** Makes the engine of mode P1 or P2. */
export function proot(options: ProotOptions): Engine {
  return {
    name: 'proot',
    needs: [],
    detect: (host, probe) => detect(options, host, probe),
    plan: (spec, found, host) => plan(options, spec, found, host),
  };
}

/** Finds the PRoot program: bin/ first, because udocker's builds can do more than the distributions'. */
export function findProot(host: HostFacts, probe: Probe) {
  const modern = atLeast(host.kernelRelease, 4, 8);
  const names = machineNames(host.machine).flatMap((machine) => [
    ...(modern ? [`proot-${machine}-4_8_0`] : []),
    `proot-${machine}`,
  ]);
  const query = { chosen: host.chosen.proot, variable: 'UDOCKER_USE_PROOT_EXECUTABLE', name: 'proot' };
  return findEngineProgram({ ...query, bundled: [...names, 'proot'], prefer: 'bundled' }, host, probe);
}

async function detect(options: ProotOptions, host: HostFacts, probe: Probe): Promise<Detection> {
  const executable = findProot(host, probe);
  if (isUnavailable(executable)) return executable;
  const help = await probe.run(executable, ['--help'], { timeoutMs: 5000 });
  const about = await probe.run(executable, ['--version'], { timeoutMs: 5000 });
  const env = { PATH: '/usr/bin:/bin', ...(options.acceleration ? {} : { PROOT_NO_SECCOMP: '1' }) };
  const trial = await probe.run(executable, ['-v', '-1', '-r', '/', '/bin/sh', '-c', question], { env });
  if (trial.status !== 42) return refused(options, trial);
  const features = featuresOf(help.stdout);
  if (await emulatesRelease(executable, env, probe)) features.add('kernel-release');
  if (options.acceleration && trial.stdout.includes('Seccomp: 2')) features.add('seccomp-acceleration');
  const quirks = new Set(
    /seccomp_filter = yes/.test(about.stdout) || features.has('ports') ? ['filters'] : [],
  );
  for (const quirk of unknownCalls(executable, probe)) quirks.add(quirk);
  const version = /(?:^|\s)v?(\d+\.\d+[\w.-]*)/.exec(`${about.stdout}\n${help.stdout}`)?.[1] ?? 'unknown';
  return { kind: 'available', executable, version, features, helpers: {}, quirks };
}

/**
 * Quirks for the calls that a build does not know: it carries the names of those it translates; others it passes on
 * with the path as it is, and then they look at the host's files. Programs do without them when told that the kernel
 * lacks them.
 */
export function unknownCalls(executable: HostPath, probe: Probe): string[] {
  return hideableCalls.filter((call) => !probe.contains(executable, call)).map((call) => `hide-${call}`);
}

/** Whether `quirks` say so of a call. */
export function isUnknownCall(call: HiddenCall, quirks: ReadonlySet<string>): boolean {
  return quirks.has(`hide-${call}`);
}

/**
 * Whether this PRoot can run programs of today while it tells another kernel release: 5.1 then also refuses calls that
 * kernels of that age lacked, and with them today's C library (fstat).
 */
export async function emulatesRelease(file: HostPath, env: Env, probe: Probe): Promise<boolean> {
  const words = ['-v', '-1', '-r', '/', '-k', '4.8.0', '/bin/sh', '-c', 'exit 42'];
  return (await probe.run(file, words, { env })).status === 42;
}

/** What a PRoot can do, by what it prints for --help. */
export function featuresOf(help: string): Set<Feature> {
  const features = new Set<Feature>(['root-emulation', 'other-user']);
  if (help.includes('--kill-on-exit')) features.add('kill-on-exit');
  if (/--port[\s=*]|^\s*-p \*/m.test(help)) features.add('ports');
  return features;
}

function refused(options: ProotOptions, trial: ProbeResult) {
  const said = trial.stderr.trim().split('\n').at(-1) ?? '';
  const how = trial.status === undefined ? 'did not end' : `ended with status ${trial.status}`;
  return unavailable(
    `a trial program under PRoot ${how}${said === '' ? '' : `: ${said}`}`,
    options.acceleration
      ? 'try mode P2, which does without seccomp'
      : 'ptrace may be forbidden on this host; try R1',
  );
}

function plan(options: ProotOptions, spec: RunSpec, found: Available, host: HostFacts): ExecPlan {
  const { process } = spec;
  const binds = spec.mounts.flatMap(({ source, target }) => ['-b', bindWord(source, target)]);
  const ports = found.features.has('ports') ? spec.ports : [];
  const name =
    process.env.PATH === undefined || /^-|\//.test(process.args[0]) ? process.file : process.args[0];
  const args = [
    ...['-v', '-1', '-r', spec.root, '-w', process.cwd],
    ...(found.features.has('kill-on-exit') && spec.killOnExit ? ['--kill-on-exit'] : []),
    ...identity(process.user, host),
    ...(spec.kernelRelease === undefined || !found.features.has('kernel-release')
      ? []
      : ['-k', spec.kernelRelease]),
    ...ports.flatMap((port) => ['-p', `${port.guest}:${port.host}`]),
    ...binds,
    name,
    ...process.args.slice(1),
  ];
  const after: Pick<ExecPlan, 'conduct' | 'teardown'> = {
    teardown: [],
    conduct: { kind: 'around-engine', lostStatus },
  };
  const supervisor = supervisorFor(host, after);
  const hiddenCalls = hideableCalls.filter((call) => isUnknownCall(call, found.quirks));
  return {
    engine: 'proot',
    setup: setupSteps(spec),
    command: {
      file: found.executable,
      args,
      env: { ...process.env, ...ownVariables(options, found, host) },
      ...(spec.cpus === undefined ? {} : { cpus: spec.cpus }),
      ...(hiddenCalls.length === 0 ? {} : { hiddenCalls }),
    },
    ...after,
    ...(supervisor === undefined ? {} : { supervisor }),
    ignored: ignored(spec, found),
  };
}

/** PRoot has no quoting in -b. */
function bindWord(source: string, target: string): string {
  const bad = [source, target].find((path) => path.includes(':') || path.endsWith('!'));
  if (bad === undefined) return `${source}:${target}!`;
  throw new UdockerError('UNSUPPORTED', `PRoot cannot mount ${bad}: the name has a ":" or ends in "!"`, {
    hint: 'use mode R1, or a symlink with another name',
  });
}

/** `-i uid:gid` also makes the user's files look owned by that user; with the real ids nothing is needed. */
function identity({ uid, gid }: User, host: HostFacts): string[] {
  if (uid === 0 && gid === 0) return ['-0'];
  return uid === host.uid && gid === host.gid ? [] : ['-i', `${uid}:${gid}`];
}

/** PRoot reads its settings from the environment it also gives to the guest: no more of them than needed. */
function ownVariables(options: ProotOptions, found: Available, host: HostFacts): Record<string, string> {
  return {
    ...(!options.acceleration && found.quirks.has('filters') ? { PROOT_NO_SECCOMP: '1' } : {}),
    ...(host.temporaryDirectory === '/tmp' ? {} : { PROOT_TMP_DIR: host.temporaryDirectory }),
  };
}

function ignored(spec: RunSpec, found: Available): ExecPlan['ignored'] {
  const list: { feature: Feature; reason: string }[] = [];
  for (const mount of spec.mounts.filter(({ readonly }) => readonly)) {
    list.push({ feature: 'readonly-mounts', reason: `PRoot mounts ${mount.target} writable, not read-only` });
  }
  if (spec.hostname.requested)
    list.push({ feature: 'hostname', reason: "PRoot leaves the host's name as it is" });
  if (spec.kernelRelease !== undefined && !found.features.has('kernel-release')) {
    const reason =
      "with another kernel release this PRoot cannot start today's programs; uname tells the host's";
    list.push({ feature: 'kernel-release', reason });
  }
  const moved = spec.ports.filter((port) => port.host !== port.guest);
  if (moved.length > 0 && !found.features.has('ports')) {
    const ports = moved.map(({ guest }) => guest).join(', ');
    list.push({
      feature: 'ports',
      reason: `this PRoot cannot map ports; the container's port ${ports} is the host's`,
    });
  }
  return list;
}

function atLeast(release: string, major: number, minor: number): boolean {
  const [, first = '0', second = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}
