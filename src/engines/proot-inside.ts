/**
 * PRoot inside a container of runc or crun (R2, R3), to emulate what one mapped id does not allow. A static one
 * needs nothing; for one of a distribution its C library and loader come along, and it is started through them.
 */
import { UdockerError } from '../errors.ts';
import { type GuestPath, guestPath, type HostPath, hostPath } from '../paths.ts';
import { formatOf, headBytes } from '../run/elf.ts';
import type { Mount, RunSpec, User } from '../run/run-spec.ts';
import {
  type Available,
  type Feature,
  type HostFacts,
  hideableCalls,
  type Probe,
  type Step,
  type Unavailable,
} from './engine.ts';
import { isUnavailable, unavailable } from './find-program.ts';
import { emulatesRelease, featuresOf, findProot, isUnknownCall, unknownCalls } from './proot.ts';
import { mountPointList } from './setup.ts';

/** What PRoot inside adds to a runtime that was found. */
export interface InsideProot {
  /** `proot`, and where it is dynamic `proot-loader` and `proot-library NAME` for each library. */
  readonly helpers: Readonly<Record<string, HostPath>>;
  readonly features: readonly Feature[];
  readonly quirks: readonly string[];
}
export type Acceleration = 'accelerated' | 'plain';

const bin = '/.udocker/bin';
const libraries = '/.udocker/lib';
const libraryKey = 'proot-library ';

/** Finds a PRoot and all it needs to run in any container. */
export async function findInsideProot(host: HostFacts, probe: Probe): Promise<InsideProot | Unavailable> {
  const proot = findProot(host, probe);
  if (isUnavailable(proot)) return proot;
  const format = formatOf(probe.readHead(proot, headBytes) ?? new Uint8Array());
  if (format.kind !== 'elf') return cannotEnter(proot, 'is not a program that can run inside a container');
  const own = format.loader === undefined ? {} : await loadedBy(hostPath(format.loader), proot, probe);
  if (own === undefined) return cannotEnter(proot, 'needs shared libraries that cannot be told');
  const help = await probe.run(proot, ['--help'], { timeoutMs: 5000 });
  const features: Feature[] = ['root-emulation', 'other-user'];
  if (featuresOf(help.stdout).has('ports')) features.push('ports');
  if (await emulatesRelease(proot, { PATH: '/usr/bin:/bin' }, probe)) features.push('kernel-release');
  return { helpers: { proot, ...own }, features, quirks: [...unknownCalls(proot, probe)] };
}

function cannotEnter(proot: HostPath, why: string): Unavailable {
  return unavailable(
    `${proot} ${why}`,
    'name a static one with UDOCKER_USE_PROOT_EXECUTABLE=FILE, or choose the mode R1',
  );
}

/** What glibc's loader says it would load (ld.so(8), --list): `NAME => PATH (ADDRESS)`. */
async function loadedBy(
  loader: HostPath,
  program: HostPath,
  probe: Probe,
): Promise<Record<string, HostPath> | undefined> {
  const { status, stdout } = await probe.run(loader, ['--list', program], { timeoutMs: 5000 });
  if (status !== 0 || stdout.includes('not found')) return undefined;
  const found = [...stdout.matchAll(/^\s*([^\s/]+) => (\/\S+) \(/gm)];
  const named = found.map(([, name = '', path = '']) => [`${libraryKey}${name}`, hostPath(path)] as const);
  return { 'proot-loader': loader, ...Object.fromEntries(named) };
}

const enosys = 38;
const eperm = 1;
const success = 0;
const owners = ['chown', 'chown32', 'fchown', 'fchown32', 'fchownat', 'lchown', 'lchown32'];

/**
 * Calls that the kernel answers by itself inside, with their errors: those that PRoot passes on as they are, though
 * only it knows where the program is. And changes of owner: with one mapped id they would be EINVAL for all others,
 * and only of EPERM does PRoot make a success for its root, if it sees the call. So to root they seem to succeed.
 */
export function insideRefuses(
  { uid }: Pick<User, 'uid'>,
  quirks: ReadonlySet<string>,
): Readonly<Record<string, number>> {
  return Object.fromEntries([
    ...hideableCalls.filter((call) => isUnknownCall(call, quirks)).map((call) => [call, enosys]),
    ...owners.map((call) => [call, uid === 0 ? success : eperm]),
  ]);
}

/** The mounts that PRoot inside needs besides the container's own. */
export function insideMounts({ helpers }: Pick<Available, 'helpers'>): Mount[] {
  return Object.entries(helpers).flatMap(([key, source]) => {
    const target = targetOf(key);
    if (target === undefined) return [];
    const common = { readonly: true, kind: 'file', origin: 'system', targetExists: false } as const;
    return [{ source, target, ...common }];
  });
}

function targetOf(helper: string): GuestPath | undefined {
  if (helper === 'proot') return guestPath(`${bin}/proot`);
  if (helper === 'proot-loader') return guestPath(`${libraries}/loader`);
  return helper.startsWith(libraryKey)
    ? guestPath(`${libraries}/${helper.slice(libraryKey.length)}`)
    : undefined;
}

/** The words of PRoot inside, its own name first; those of the program follow. */
export function insideWords(
  process: Pick<RunSpec['process'], 'user' | 'cwd'>,
  { ports, kernelRelease }: Pick<RunSpec, 'ports' | 'kernelRelease'>,
  { helpers, features }: Pick<Available, 'helpers' | 'features'>,
): [string, ...string[]] {
  const { uid, gid } = process.user;
  const loader = helpers['proot-loader'] === undefined ? undefined : `${libraries}/loader`;
  const proot = `${bin}/proot`;
  return [
    ...(loader === undefined ? ([proot] as const) : ([loader, '--library-path', libraries, proot] as const)),
    ...['-v', '-1', ...(uid === 0 ? ['-0'] : ['-i', `${uid}:${gid}`]), '-w', process.cwd],
    ...(kernelRelease === undefined || !features.has('kernel-release') ? [] : ['-k', kernelRelease]),
    ...(features.has('ports') ? ports.flatMap(({ guest, host }) => ['-p', `${guest}:${host}`]) : []),
  ];
}

/** PRoot keeps the small program that starts others in /tmp, which some images lack. Throws STORAGE. */
export function insideSteps(spec: Pick<RunSpec, 'root' | 'rootWritable' | 'container'>): Step[] {
  const { root, rootWritable } = spec;
  const tmp = { do: 'make-mount-point', root, target: guestPath('/tmp'), kind: 'directory' } as const;
  if (rootWritable) return [{ ...tmp, list: mountPointList(spec), unlessThere: true }];
  throw new UdockerError('STORAGE', 'cannot put PRoot into this container, which cannot be written by you', {
    hint: 'use mode R1 or P1, or make a container of your own with: udocker create',
  });
}

/** PRoot takes this from the environment that it also gives to the program. */
export function insideVariables(acceleration: Acceleration): Readonly<Record<string, string>> {
  return acceleration === 'plain' ? { PROOT_NO_SECCOMP: '1' } : {};
}
