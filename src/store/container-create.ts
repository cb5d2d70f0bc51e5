/**
 * A container appears whole, with its name, or not at all. It is built in a hidden directory; the name is taken
 * before the work begins, as a symlink that leads nowhere until the directory is renamed to where it points.
 */
import { UdockerError } from '../errors.ts';
import { type HostPath, under } from '../paths.ts';
import { makeNewDirectory, rename } from '../system/directory-entries.ts';
import { writeFileAtomically } from '../system/files.ts';
import { removeTree } from '../system/remove-tree.ts';
import { type Container, containerExists } from './container-entry.ts';
import {
  changingNames,
  checkContainerName,
  dropName,
  namesById,
  newContainerId,
  requireFreeName,
  takeName,
} from './container-names.ts';
import type { StoreListener } from './events.ts';
import type { StoreLayout } from './layout.ts';
import { findLeftovers, isBeingMade, removeLeftover, stageNew } from './staging.ts';
import { onDisk, onDiskLater, storageError } from './storage-error.ts';

export interface NewContainer {
  /** `name:tag` of the image, for the old tool and for `ps`. */
  readonly image: string;
  /** The image configuration, JSON. */
  readonly configText: string;
  readonly name?: string | undefined;
  /** Execution mode such as `P1`; left to the default when absent. */
  readonly executionMode?: string | undefined;
}

/** The hidden directories of a container that is being made (host paths); both exist, `root` is empty. */
export interface Building {
  readonly id: string;
  readonly directory: HostPath;
  readonly root: HostPath;
}

/**
 * Makes a container: `build` fills its root. Throws USAGE for a bad name, CONFLICT for one that is taken (both
 * before any work), STORAGE, and what `build` throws; then nothing is left, neither directory nor name.
 */
export async function createContainer(
  layout: StoreLayout,
  onEvent: StoreListener,
  wanted: NewContainer,
  build: (building: Building) => Promise<void>,
): Promise<Container> {
  const { name } = wanted;
  if (name !== undefined) checkContainerName(name);
  await removeLeftovers(layout, onEvent);
  const id = newContainerId();
  const { directory, lock } = await reserve(layout, id, name);
  try {
    const root = under(directory, 'ROOT');
    writeFacts(directory, root, wanted);
    await build({ id, directory, root });
    const final = under(layout.containers, id);
    onDisk(`making the container ${id}`, final, () => rename(directory, final));
    return containerMade(final, id, wanted);
  } catch (cause) {
    const error = storageError(`making the container ${id}`, directory, cause);
    await undo(layout, id, name, directory, error);
    throw error;
  } finally {
    lock.release();
  }
}

async function reserve(
  layout: StoreLayout,
  id: string,
  name: string | undefined,
): Promise<ReturnType<typeof stageNew>> {
  const { containers } = layout;
  return changingNames(containers, () => {
    const inUse = nameHolderInUse(layout);
    if (name !== undefined) requireFreeName(containers, name, inUse);
    const staged = onDisk('making a container', containers, () => stageNew(layout, id));
    if (name !== undefined) takeName(containers, name, id, inUse);
    return staged;
  });
}

/** Whether the container that a name stands for exists or is being made; otherwise the name is free. */
export function nameHolderInUse(layout: StoreLayout): (id: string) => boolean {
  return (id) => containerExists(layout.containers, id) || isBeingMade(layout, id);
}

function writeFacts(directory: HostPath, root: HostPath, wanted: NewContainer): void {
  onDisk('making a container', directory, () => {
    makeNewDirectory(root, 0o755);
    writeFileAtomically(under(directory, 'container.json'), wanted.configText);
    writeFileAtomically(under(directory, 'imagerepo.name'), wanted.image);
    if (wanted.executionMode !== undefined)
      writeFileAtomically(under(directory, 'execmode'), wanted.executionMode);
  });
}

/** If that fails too, `why` is still what went wrong; the rest is swept by a later command. */
async function undo(
  layout: StoreLayout,
  id: string,
  name: string | undefined,
  directory: HostPath,
  why: unknown,
): Promise<void> {
  try {
    if (name !== undefined)
      await changingNames(layout.containers, () => dropName(layout.containers, name, id));
    removeTree(directory);
  } catch (second) {
    const message = why instanceof Error ? why.message : String(why);
    throw new UdockerError('STORAGE', `${message}; then removing ${directory} failed as well`, {
      cause: new AggregateError([why, second]),
      hint: 'what is left there is removed by the next udocker create or rm',
    });
  }
}

function containerMade(directory: HostPath, id: string, wanted: NewContainer): Container {
  const names = wanted.name === undefined ? [] : [wanted.name];
  return { id, names, directory, root: under(directory, 'ROOT'), image: wanted.image, protected: false };
}

/** Removes containers that killed processes left half made or half removed, and their names. */
export async function removeLeftovers(layout: StoreLayout, onEvent: StoreListener): Promise<void> {
  const leftovers = await changingNames(layout.containers, () => {
    const found = findLeftovers(layout);
    const names = found.length === 0 ? undefined : namesById(layout.containers);
    for (const { id } of found) {
      for (const name of names?.get(id) ?? []) dropName(layout.containers, name, id);
    }
    return found;
  });
  for (const leftover of leftovers) {
    await onDiskLater('removing an unfinished container', leftover.path, async () =>
      removeLeftover(leftover),
    );
    onEvent({ kind: 'leftover-removed', path: leftover.path });
  }
}
