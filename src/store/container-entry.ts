/** Containers as the repository lists them, and the small facts kept beside their root filesystem. */
import { UdockerError } from '../errors.ts';
import { parseImageConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/platform.ts';
import { type HostPath, under } from '../paths.ts';
import { isWritable, listEntries, removeFile, touch } from '../system/directory-entries.ts';
import { diskUsage } from '../system/disk-usage.ts';
import { lstat, readText, stat, writeFileAtomically } from '../system/files.ts';
import { type OpenedModes, openModes } from '../system/open-modes.ts';
import { idOfName, isContainerId, isSafeId, namesById } from './container-names.ts';
import { onDisk } from './storage-error.ts';

export interface Container {
  readonly id: string;
  /** Sorted; may be empty. */
  readonly names: readonly string[];
  readonly directory: HostPath;
  /** The root filesystem. */
  readonly root: HostPath;
  /** The image it was made from, as written then: `name:tag`. Empty where nothing says it. */
  readonly image: string;
  readonly protected: boolean;
}

/** What is at ROOT: a directory we may write, one we may only read, nothing, or something else. */
export type RootState = 'writable' | 'readonly' | 'missing' | 'not-a-directory';

/** All containers, sorted by id. Hidden directories and foreign files are passed over. */
export function listContainers(containers: HostPath): Container[] {
  const entries = listEntries(containers) ?? [];
  const names = namesById(containers, entries);
  return entries
    .filter(({ name, kind }) => kind === 'directory' && isContainer(containers, name))
    .map(({ name }) => containerAt(containers, name, names.get(name) ?? []));
}

/** The container of that id or name; undefined when there is none. A name whose container is gone is none. */
export function findContainer(containers: HostPath, idOrName: string): Container | undefined {
  const id = isSafeId(idOrName) ? (idOfName(containers, idOrName) ?? idOrName) : '';
  if (!containerExists(containers, id)) return undefined;
  return containerAt(containers, id, namesById(containers).get(id) ?? []);
}

/** True when the directory of this id is there. */
export function containerExists(containers: HostPath, id: string): boolean {
  return isSafeId(id) && lstat(under(containers, id))?.isDirectory() === true && isContainer(containers, id);
}

/** A directory is one if it is called like one, or holds what only containers have. */
function isContainer(containers: HostPath, name: string): boolean {
  if (isContainerId(name)) return true;
  return isSafeId(name) && lstat(under(containers, name, 'container.json')) !== undefined;
}

/** Called for each of hundreds by `ps`: names are put together without being normalised, which costs more. */
function containerAt(containers: HostPath, id: string, names: readonly string[]): Container {
  const directory = `${containers}/${id}` as HostPath;
  return {
    id,
    names,
    directory,
    root: `${directory}/ROOT` as HostPath,
    image: readText(`${directory}/imagerepo.name` as HostPath)?.trim() ?? '',
    protected: lstat(`${directory}/PROTECT` as HostPath) !== undefined,
  };
}

/** What is at ROOT (the column M of `ps`). */
export function rootState({ root }: Container): RootState {
  const found = stat(root);
  if (found === undefined) return 'missing';
  if (!found.isDirectory()) return 'not-a-directory';
  return isWritable(root) ? 'writable' : 'readonly';
}

/** Size on disk of ROOT in MB of 1024 * 1024 bytes, rounded up, as `du -sm` says it; undefined without ROOT. */
export function sizeInMb({ root }: Container): number | undefined {
  const bytes = onDisk('measuring a container', root, () => diskUsage(root));
  return bytes === undefined ? undefined : Math.ceil(bytes / 1024 / 1024);
}

/** The image configuration it was made with, JSON. Throws INVALID when there is none. */
export function configText(container: Container): string {
  const path = under(container.directory, 'container.json');
  const text = onDisk(`reading the container ${container.id}`, path, () => readText(path));
  if (text !== undefined) return text;
  throw new UdockerError('INVALID', `reading the container ${container.id}: ${path} is missing`, {
    hint: 'it is incomplete: remove it with udocker rm and create it again',
  });
}

/** The platform its configuration names; undefined when that says nothing. Throws INVALID as `configText`. */
export function platformOf(container: Container): Platform | undefined {
  return parseImageConfig(configText(container), `of the container ${container.id}`).platform;
}

/** The execution mode set for it, such as `P1`; undefined for the default. */
export function executionMode({ directory }: Pick<Container, 'directory'>): string | undefined {
  const path = under(directory, 'execmode');
  return lstat(path) === undefined ? undefined : readText(path)?.trim() || undefined;
}

/** Sets the execution mode. Throws STORAGE. */
export function setExecutionMode({ id, directory }: Container, mode: string): void {
  const path = under(directory, 'execmode');
  onDisk(`setting the execution mode of ${id}`, path, () => writeFileAtomically(path, mode));
}

/** Whether the NVIDIA driver of a host was put into the container. */
export function hasNvidiaDriver({ directory }: Container): boolean {
  return lstat(under(directory, 'nvidia')) !== undefined;
}

/** Remembers that it was. Throws STORAGE. */
export function setNvidiaDriver({ id, directory }: Container): void {
  const mark = under(directory, 'nvidia');
  onDisk(`setting up the container ${id}`, mark, () => touch(mark));
}

/** Gives the invoking user the rights that modes in ROOT deny. Throws STORAGE. */
export function openContainerModes({ id, root }: Container): OpenedModes {
  return onDisk(`fixing permissions in the container ${id}`, root, () => openModes(root));
}

/** Marks the container as not to be removed, or takes the mark away. Throws STORAGE. */
export function protectContainer({ id, directory }: Container, protect: boolean): void {
  const mark = under(directory, 'PROTECT');
  onDisk(`${protect ? 'protecting' : 'unprotecting'} the container ${id}`, mark, () =>
    protect ? touch(mark) : removeFile(mark),
  );
}
