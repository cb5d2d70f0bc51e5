/**
 * The host's NVIDIA driver in a container. Its libraries must fit the host's kernel module, so no image has them: they
 * are copied into the tree, with the programs and the small files that tell of them, as the first udocker does.
 */
import { UdockerError } from '../errors.ts';
import { type GuestPath, guestPath, type HostPath, hostPath, nameOf, parentOf, under } from '../paths.ts';
import { type GuestTree, hostOf, resolveGuestPath } from '../run/guest-path.ts';
import type { Container } from '../store/container-entry.ts';
import { onDisk } from '../store/storage-error.ts';
import { listEntries, makeSymlink, realPath } from '../system/directory-entries.ts';
import { copyFileAtomically, lstat, makeDirectory, readLink, removeFile, stat } from '../system/files.ts';
import { runProgram } from '../system/helper-program.ts';
import { hostFiles } from '../system/host.ts';
import type { ActionContext } from './context.ts';

/** Where one of these is, the rest of the driver is. */
const mainLibraries = ['libcuda.so', 'libnvidia-cfg.so'] as const;
/** Where images keep their libraries, in the order of preference. */
const libraryDirectories: Readonly<Record<string, readonly string[]>> = {
  x64: ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'],
  arm64: ['/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'],
};

interface DriverFile {
  readonly source: HostPath;
  readonly target: GuestPath;
}

/**
 * Copies the driver into the container and returns how many files that were. Files that are there are replaced only by
 * `force`. Throws NOT_FOUND (no driver here, no directory for it there), CONFLICT (files are there), STORAGE.
 */
export async function installNvidiaDriver(
  context: ActionContext,
  container: Container,
  force: boolean,
): Promise<number> {
  const files = await driverFiles(context, container);
  const tree = treeOf(container);
  const places = files.map((file) => ({ ...file, place: placeIn(tree, file.target) }));
  const taken = places.find(({ place }) => lstat(place) !== undefined);
  if (taken !== undefined && !force) {
    throw new UdockerError('CONFLICT', `setting up ${container.id}: ${taken.target} is there already`, {
      hint: `replace it with: udocker setup --nvidia --force ${container.id}`,
    });
  }
  for (const { source, place } of places)
    onDisk(`copying ${source} into the container ${container.id}`, place, () => copyInto(source, place));
  return places.length;
}

/** The device nodes of the driver on this host, such as /dev/nvidia0. */
export function nvidiaDevices({ config }: ActionContext): HostPath[] {
  return config.settings.nvi_dev_list.flatMap((text) => {
    const start = hostPath(text);
    const directory = parentOf(start);
    return (listEntries(directory) ?? [])
      .filter(({ name }) => name.startsWith(nameOf(start)))
      .map(({ name }) => under(directory, name))
      .filter((path) => stat(path)?.isCharacterDevice());
  });
}

async function driverFiles(context: ActionContext, container: Container): Promise<DriverFile[]> {
  const { nvi_lib_list, nvi_etc_list, nvi_bin_list } = context.config.settings;
  const sources = await driverDirectories(context);
  if (sources.length === 0) {
    throw new UdockerError('NOT_FOUND', `setting up ${container.id}: this host has no NVIDIA driver`, {
      hint: `looked for ${mainLibraries.join(' and ')} in lib_dirs_list_nvidia, with ldconfig, and in LD_LIBRARY_PATH`,
    });
  }
  const target = libraryDirectory(container);
  const libraries = sources.flatMap((directory) =>
    nvi_lib_list.flatMap((start) => startingWith(directory, start, target)),
  );
  const named = (directory: string, names: readonly string[]): DriverFile[] =>
    names
      .map((name) => ({
        source: under(hostPath(directory), name),
        target: guestPath(`${directory}/${name}`),
      }))
      .filter(({ source }) => lstat(source) !== undefined);
  const all = [...libraries, ...named('/etc', nvi_etc_list), ...named('/usr/bin', nvi_bin_list)];
  return [...new Map(all.map((file) => [file.target, file])).values()];
}

/** Files of `directory` that begin with `start`, which may have a directory of its own in front. */
function startingWith(directory: HostPath, start: string, target: GuestPath): DriverFile[] {
  const place = parentOf(under(directory, `${start}x`));
  const within = guestPath(start.includes('/') ? start.slice(0, start.lastIndexOf('/')) : '.', target);
  const first = start.slice(start.lastIndexOf('/') + 1);
  return (listEntries(place) ?? [])
    .filter(({ name, kind }) => name.startsWith(first) && (kind === 'file' || kind === 'symlink'))
    .map(({ name }) => ({ source: under(place, name), target: guestPath(name, within) }));
}

async function driverDirectories({ config, user }: ActionContext): Promise<HostPath[]> {
  const given = [...config.settings.lib_dirs_list_nvidia, ...(user.env.LD_LIBRARY_PATH ?? '').split(':')];
  const directories = given.filter((text) => text.startsWith('/')).map((text) => hostPath(text));
  const known = await runProgram('/sbin/ldconfig', ['-p'], { input: '', environment: {}, timeoutMs: 10_000 });
  const lines = known.kind === 'exited' ? known.stdout.split('\n') : [];
  const cached = lines
    .filter((line) => mainLibraries.some((name) => line.trim().startsWith(name)))
    .flatMap((line) => line.split(' => ')[1] ?? [])
    .map((path) => parentOf(hostPath(path.trim())));
  const real = [...directories, ...cached].map((directory) => realPath(directory));
  return [...new Set(real)].filter(
    (directory): directory is HostPath => directory !== undefined && hasDriver(directory),
  );
}

function hasDriver(directory: HostPath): boolean {
  const names = (listEntries(directory) ?? []).map(({ name }) => name);
  return mainLibraries.some((library) => names.some((name) => name.startsWith(library)));
}

function treeOf({ root }: Container): GuestTree {
  return { root, mounts: [], files: hostFiles };
}

function libraryDirectory(container: Container): GuestPath {
  const candidates = libraryDirectories[process.arch] ?? ['/usr/lib'];
  for (const directory of candidates) {
    const found = resolveGuestPath(treeOf(container), directory);
    if (found.kind === 'found' && found.entry.kind === 'directory') return found.guest;
  }
  throw new UdockerError(
    'NOT_FOUND',
    `setting up ${container.id}: there is no directory for libraries in it`,
    {
      hint: `one of these is needed: ${candidates.join(', ')}`,
    },
  );
}

/** Where `target` lies on the host; symlinks above it are followed as in the container, one of its own name is not. */
function placeIn(tree: GuestTree, target: GuestPath): HostPath {
  return hostOf(tree, guestPath(nameOf(target), resolveGuestPath(tree, parentOf(target)).guest));
}

function copyInto(source: HostPath, place: HostPath): void {
  makeDirectory(parentOf(place));
  const link = readLink(source);
  if (link === undefined) {
    copyFileAtomically(source, place, ((stat(source)?.mode ?? 0o644) & 0o777) | 0o600);
    return;
  }
  removeFile(place);
  makeSymlink(link, place);
}
