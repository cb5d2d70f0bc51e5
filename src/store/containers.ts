/** The containers of a repository: what a verb can ask for and do. */
import { UdockerError } from '../errors.ts';
import type { Platform } from '../oci/platform.ts';
import type { Lock } from '../system/lock.ts';
import type { OpenedModes } from '../system/open-modes.ts';
import {
  type Building,
  createContainer,
  type NewContainer,
  nameHolderInUse,
  removeLeftovers,
} from './container-create.ts';
import {
  type Container,
  configText,
  executionMode,
  findContainer,
  hasNvidiaDriver,
  listContainers,
  openContainerModes,
  platformOf,
  protectContainer,
  type RootState,
  rootState,
  setExecutionMode,
  setNvidiaDriver,
  sizeInMb,
} from './container-entry.ts';
import {
  changingNames,
  checkContainerName,
  dropName,
  replaceName,
  requireFreeName,
  takeName,
} from './container-names.ts';
import { removeAuxiliaryFiles } from './container-purge.ts';
import {
  isRunning,
  lockForChange,
  lockForRun,
  type RemoveOptions,
  removeContainer,
} from './container-remove.ts';
import type { StoreListener } from './events.ts';
import { type FakechrootChanges, fakechrootChanges, forgetFakechrootChanges } from './fakechroot-changes.ts';
import type { StoreLayout } from './layout.ts';
import { onDisk } from './storage-error.ts';

export interface ContainerStore {
  /** All containers, sorted by id. */
  list(): Container[];
  /** The container of that id or name; undefined when there is none. */
  find(idOrName: string): Container | undefined;
  /** The same, but throws NOT_FOUND. */
  require(idOrName: string): Container;
  /** Makes a container, whole or not at all; see `createContainer`. Throws USAGE, CONFLICT, STORAGE. */
  create(wanted: NewContainer, build: (building: Building) => Promise<void>): Promise<Container>;
  /** Throws CONFLICT (protected, running, something mounted), NOT_FOUND, STORAGE. */
  remove(container: Container, options?: RemoveOptions): Promise<void>;
  /** Throws CONFLICT when the name is taken before anything is done; for verbs that pull first. */
  requireFreeName(name: string): Promise<void>;
  /** One more name. Throws USAGE, CONFLICT. */
  addName(container: Container, name: string): Promise<void>;
  /** Throws NOT_FOUND (no such name), USAGE, CONFLICT. */
  renameName(from: string, to: string): Promise<void>;
  /** Throws NOT_FOUND. */
  removeName(name: string): Promise<void>;
  protect(container: Container): void;
  unprotect(container: Container): void;
  executionMode(container: Container): string | undefined;
  setExecutionMode(container: Container, mode: string): void;
  /** Whether the NVIDIA driver of a host was put into it. */
  hasNvidiaDriver(container: Container): boolean;
  setNvidiaDriver(container: Container): void;
  /** What the first udocker has changed in it for its F modes. Throws STORAGE. */
  fakechrootChanges(container: Container): FakechrootChanges | undefined;
  /** Once it is taken back. Throws STORAGE. */
  forgetFakechrootChanges(container: Container): void;
  /** Makes everything in ROOT that is the invoking user's readable and writable for that user. Throws STORAGE. */
  openModes(container: Container): OpenedModes;
  /** Removes what runs have left in it; see `removeAuxiliaryFiles`. Gives how many. Throws STORAGE. */
  removeAuxiliary(container: Container): number;
  rootState(container: Container): RootState;
  sizeInMb(container: Container): number | undefined;
  configText(container: Container): string;
  platform(container: Container): Platform | undefined;
  isRunning(container: Container): boolean;
  lockForRun(container: Container): Lock | undefined;
  lockForChange(container: Container): Lock | undefined;
  /** Removes what killed processes left. `create` does it too. */
  removeLeftovers(): Promise<void>;
}

/** The containers of the repository at `layout`. */
export function openContainers(layout: StoreLayout, onEvent: StoreListener): ContainerStore {
  const { containers } = layout;
  const inUse = nameHolderInUse(layout);
  const find = (idOrName: string): Container | undefined => findContainer(containers, idOrName);
  const require = (idOrName: string): Container => {
    const container = find(idOrName);
    if (container !== undefined) return container;
    throw notFound(idOrName);
  };
  return {
    list: () => onDisk('listing the containers', containers, () => listContainers(containers)),
    find,
    require,
    create: (wanted, build) => createContainer(layout, onEvent, wanted, build),
    async remove(container, options) {
      await removeLeftovers(layout, onEvent);
      await removeContainer(layout, container, options);
    },
    async requireFreeName(name) {
      checkContainerName(name);
      await changingNames(containers, () => requireFreeName(containers, name, inUse));
    },
    async addName(container, name) {
      checkContainerName(name);
      await changingNames(containers, () => takeName(containers, name, container.id, inUse));
    },
    async renameName(from, to) {
      checkContainerName(to);
      await changingNames(containers, () => {
        const { id } = requireName(find, from);
        requireFreeName(containers, to, inUse);
        replaceName(containers, from, to, id);
      });
    },
    async removeName(name) {
      await changingNames(containers, () => dropName(containers, name, requireName(find, name).id));
    },
    protect: (container) => protectContainer(container, true),
    unprotect: (container) => protectContainer(container, false),
    executionMode,
    setExecutionMode,
    hasNvidiaDriver,
    setNvidiaDriver,
    fakechrootChanges,
    forgetFakechrootChanges,
    openModes: openContainerModes,
    removeAuxiliary: removeAuxiliaryFiles,
    rootState,
    sizeInMb,
    configText,
    platform: platformOf,
    isRunning,
    lockForRun,
    lockForChange,
    removeLeftovers: () => removeLeftovers(layout, onEvent),
  };
}

function requireName(find: (name: string) => Container | undefined, name: string): Container {
  const container = find(name);
  if (container?.names.includes(name) === true) return container;
  const isId = container !== undefined;
  throw new UdockerError('NOT_FOUND', `there is no container name ${name}${isId ? ': it is an id' : ''}`, {
    hint: 'see the names with: udocker ps',
    details: { name },
  });
}

function notFound(idOrName: string): UdockerError {
  return new UdockerError('NOT_FOUND', `there is no container ${idOrName}`, {
    hint: 'see what is there with: udocker ps',
    details: { container: idOrName },
  });
}
