/**
 * The native engine: a program of ours that turns itself into the guest program and intercepts its system
 * calls from within. Its whole input is its argument list (`plan1`); its environment is the guest's.
 */
import { UdockerError } from '../errors.ts';
import type { HostPath } from '../paths.ts';
import type { RunSpec } from '../run/run-spec.ts';
import type { Available, Detection, Engine, ExecPlan, Feature, HostFacts, Probe } from './engine.ts';
import { unavailable } from './find-program.ts';
import { mountPointSteps, nativeState, possibleMounts, setupSteps } from './setup.ts';
import { supervisorFor } from './supervision.ts';

export interface NativeOptions {
  /** N1: rewrite call sites; N2: trap every call. */
  readonly rewriting: boolean;
}

/** Makes the engine of mode N1 or N2. */
export function native(options: NativeOptions): Engine {
  return {
    name: 'native',
    needs: [],
    detect: (host, probe) => detect(options, host, probe),
    plan: (spec, found, host) => plan(options, spec, found, host),
  };
}

async function detect(options: NativeOptions, host: HostFacts, probe: Probe): Promise<Detection> {
  const wanted = host.nativeEngine;
  const executable = wanted === undefined ? undefined : probe.findExecutable(wanted);
  if (executable === undefined) {
    const where = wanted === undefined ? '' : ` (looked for ${wanted})`;
    return unavailable(
      `this udocker carries no native engine for ${host.machine}${where}`,
      'use mode P1 or R1',
    );
  }
  const answer = await probe.run(executable, ['probe']);
  const match = /^ok mode=(rewrite|trap) version=(\S+)/.exec(answer.stdout);
  if (answer.status !== 0 || match === null) {
    const said = (answer.stderr.trim() || answer.stdout.trim()).split('\n').at(-1);
    return unavailable(
      said || `its probe ended with status ${answer.status ?? 'unknown'}`,
      'use mode P1 or R1',
    );
  }
  if (options.rewriting && match[1] === 'trap') {
    return unavailable('this host forbids rewriting code in memory', 'use mode N2, which only traps');
  }
  return { kind: 'available', executable, version: match[2] ?? '', features, helpers: {}, quirks: new Set() };
}

const features: ReadonlySet<Feature> = new Set<Feature>([
  'root-emulation',
  'other-user',
  'readonly-mounts',
  'ports',
  'hostname',
  'kernel-release',
  'kill-on-exit',
]);

function plan(options: NativeOptions, spec: RunSpec, found: Available, host: HostFacts): ExecPlan {
  if (spec.guest.bits === 32) {
    throw new UdockerError('NOT_EXECUTABLE', `cannot execute ${spec.process.file}: it is a 32-bit program`, {
      hint: 'the native engine runs 64-bit programs only; use mode P1 or R1',
    });
  }
  const { mounts, ignored } = possibleMounts(spec);
  const after: Pick<ExecPlan, 'conduct' | 'teardown'> = { conduct: { kind: 'transparent' }, teardown: [] };
  const supervisor = supervisorFor(host, after);
  const state = nativeState(spec);
  return {
    engine: 'native',
    setup: [...setupSteps(spec), ...mountPointSteps(spec, mounts)],
    command: {
      file: found.executable,
      args: [...planWords(options, { ...spec, mounts }, state), '--', ...spec.process.args],
      env: spec.process.env,
      ...(spec.cpus === undefined ? {} : { cpus: spec.cpus }),
    },
    ...after,
    ...(supervisor === undefined ? {} : { supervisor }),
    ignored,
  };
}

/** The words of `plan1`, each followed by its values. */
function planWords(options: NativeOptions, spec: RunSpec, state: HostPath): string[] {
  const { user, cwd, file } = spec.process;
  return [
    'plan1',
    ...['root', spec.root],
    ...['exec', file],
    ...spec.mounts.flatMap(({ source, target, readonly }) => [
      'bind',
      source,
      target,
      readonly ? 'ro' : 'rw',
    ]),
    ...['cwd', cwd],
    ...['user', String(user.uid), String(user.gid), user.groups.join(',')],
    ...['root-emulation', user.uid === 0 ? 'on' : 'off'],
    ...['owners', spec.container.ownersFile],
    ...['state', state],
    ...(spec.hostname.requested ? ['hostname', spec.hostname.name] : []),
    ...(spec.kernelRelease === undefined ? [] : ['kernel', spec.kernelRelease]),
    ...spec.ports.flatMap(({ host, guest, protocol }) => ['port', String(host), String(guest), protocol]),
    ...['mode', options.rewriting ? 'rewrite' : 'trap'],
    ...['on-exit', spec.killOnExit ? 'kill' : 'keep'],
  ];
}
