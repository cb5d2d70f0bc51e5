/**
 * Which host paths appear where: system directories, account files, volumes and devices, each checked on the
 * host, each target resolved inside the container so that no symlink of the image leads a mount elsewhere.
 */
import { UdockerError } from '../errors.ts';
import { type GuestPath, guestPath, type HostPath, hostPath } from '../paths.ts';
import type { FileView, RunHost } from './facts.ts';
import { resolveGuestPath } from './guest-path.ts';
import type { RunDefaults, RunRequest } from './request.ts';
import type { Mount, MountKind } from './run-spec.ts';

/** What nearly every program opens; given even where no other system directory is wanted. */
const bareDevices = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom', '/dev/tty'];

interface Wanted {
  readonly source: HostPath;
  readonly target: GuestPath;
  readonly readonly: boolean;
  readonly origin: Mount['origin'];
}

export interface MountFacts {
  readonly host: RunHost;
  readonly root: HostPath;
  readonly defaults: RunDefaults;
  /** Account files generated for this run. */
  readonly accountFiles: readonly { readonly source: HostPath; readonly target: GuestPath }[];
  note(text: string): void;
}

/**
 * The mounts of a run, shallow targets first (so that a nested one is not covered), the later of two for one
 * target. Throws NOT_FOUND for a volume or device that the host does not have.
 */
export function makeMounts(request: RunRequest, facts: MountFacts): Mount[] {
  const wanted = [...systemMounts(request, facts), ...asked(request, facts)];
  const kept = withoutNovol(wanted, request.novol, facts);
  const byTarget = new Map<string, Wanted>();
  for (const mount of kept) {
    byTarget.delete(mount.target);
    byTarget.set(mount.target, mount);
  }
  const ordered = [...byTarget.values()].sort((a, b) => depth(a.target) - depth(b.target));
  return place(ordered, facts);
}

function systemMounts(request: RunRequest, { host, defaults, accountFiles }: MountFacts): Wanted[] {
  const system = request.noSysDirs ? bareDevices : defaults.sysDirs;
  const drivers = request.dri ? ['/dev/dri', ...defaults.driDirs] : [];
  const present = [...system, ...drivers].filter((path) => host.files.realPath(hostPath(path)) !== undefined);
  return [
    ...present.map((path) => same(hostPath(path), 'system')),
    ...accountFiles.map(({ source, target }) => ({
      source,
      target,
      readonly: false,
      origin: 'account' as const,
    })),
  ];
}

function asked(request: RunRequest, { host }: MountFacts): Wanted[] {
  const home = request.bindHome ? [same(host.home, 'volume')] : [];
  const volumes = request.volumes.map((volume) => ({ ...volume, origin: 'volume' as const }));
  const devices = request.devices.map((device) => ({
    ...device,
    readonly: false,
    origin: 'device' as const,
  }));
  return [...home, ...volumes, ...devices];
}

function same(path: HostPath, origin: Mount['origin']): Wanted {
  return { source: path, target: guestPath(path), readonly: false, origin };
}

function withoutNovol(wanted: readonly Wanted[], novol: readonly string[], facts: MountFacts): Wanted[] {
  for (const path of novol) {
    if (!wanted.some((mount) => mount.source === path)) facts.note(`--novol=${path}: there is no such mount`);
  }
  return wanted.filter((mount) => !novol.includes(mount.source));
}

function place(wanted: readonly Wanted[], { host, root }: MountFacts): Mount[] {
  const mounts: Mount[] = [];
  for (const mount of wanted) {
    // Account files are made just before the start.
    const source = mount.origin === 'account' ? mount.source : host.files.realPath(mount.source);
    if (source === undefined) throw missing(mount);
    const at = resolveGuestPath({ root, mounts, files: host.files }, mount.target);
    if (at.kind === 'loop' || at.guest === '/') {
      throw new UdockerError(
        'INVALID',
        `cannot mount on ${mount.target}: in the container it leads to ${at.guest}`,
      );
    }
    const kind = mount.origin === 'account' ? 'file' : kindOf(host.files, source);
    if (mount.origin === 'device' && kind !== 'device') {
      throw new UdockerError('INVALID', `--device=${mount.source}: not a device`, {
        hint: 'mount files with -v',
      });
    }
    mounts.push({ ...mount, source, target: at.guest, kind, targetExists: at.kind === 'found' });
  }
  return mounts;
}

function missing(mount: Wanted): UdockerError {
  const what = mount.origin === 'device' ? 'device' : 'volume';
  return new UdockerError('NOT_FOUND', `${what} ${mount.source}: there is no such path on this host`, {
    hint:
      what === 'volume' ? `make it first: mkdir -p ${mount.source}` : 'see what there is with: ls -l /dev',
  });
}

function kindOf(files: FileView, path: HostPath): MountKind {
  const kind = files.lstat(path)?.kind;
  if (kind === 'directory') return 'directory';
  return kind === 'device' ? 'device' : 'file';
}

function depth(path: string): number {
  return path.split('/').length;
}
