/** Looks at how a container is set up to run, and changes it. */
import { type ModeName, modes } from '../engines/modes.ts';
import { isUdockerError, UdockerError } from '../errors.ts';
import type { Container } from '../store/container-entry.ts';
import type { Store } from '../store/store.ts';
import type { ActionContext } from './context.ts';
import { requireContainer } from './find-container.ts';
import { storeOf } from './open-store.ts';
import { restoreContainer } from './restore-container.ts';
import { chosenMode } from './run-container.ts';
import { runSettings } from './run-settings.ts';

export interface SetupRequest {
  readonly mode: ModeName | undefined;
  /** Also a mode that does not work on this host; files of a driver in the place of what is there. */
  readonly force: boolean;
  /** Copy the NVIDIA driver of this host into it. */
  readonly nvidia: boolean;
  readonly fixPermissions: boolean;
  /** Take away what runs have left in it. */
  readonly purge: boolean;
}

export interface Setup {
  /** The mode it is set to, else the one that a run would take here. */
  readonly mode: string;
  /** The NVIDIA driver of a host was put into it. */
  readonly nvidia: boolean;
}

/** How the container is set up. Throws NOT_FOUND, UNSUPPORTED (no mode works). */
export async function setupOf(context: ActionContext, idOrName: string): Promise<Setup> {
  const store = storeOf(context);
  const { containers } = store;
  const container = requireContainer(store, idOrName);
  const own = containers.executionMode(container);
  return {
    mode: own ?? (await chosenMode({}, await runSettings(context, { mode: undefined, stay: true }))),
    nvidia: containers.hasNvidiaDriver(container),
  };
}

/**
 * Sets the container up as asked. Throws NOT_FOUND (also: no driver here), CONFLICT (protected, running, files of a
 * driver are there), UNSUPPORTED (the mode cannot run here, without force), STORAGE.
 */
export async function setUpContainer(
  context: ActionContext,
  idOrName: string,
  request: SetupRequest,
): Promise<void> {
  const store = storeOf(context);
  const container = requireContainer(store, idOrName);
  const { mode, force } = request;
  if (mode !== undefined || request.nvidia) requireUnprotected(container);
  if (mode !== undefined) {
    await requireWorking(context, mode, force);
  }
  const lock = store.containers.lockForChange(container);
  try {
    if (request.purge) purge(context, store, container);
    if (request.fixPermissions) fixPermissions(context, store, container);
    if (request.nvidia) await copyDriver(context, store, container, force);
    if (mode !== undefined) {
      await restoreContainer(context, store, container);
      store.containers.setExecutionMode(container, mode);
      const { remark } = modes[mode];
      if (remark !== undefined) context.report({ kind: 'info', message: `mode ${mode}: ${remark}` });
    }
  } finally {
    lock?.release();
  }
}

async function copyDriver(
  context: ActionContext,
  store: Store,
  container: Container,
  force: boolean,
): Promise<void> {
  const { installNvidiaDriver } = await import('./nvidia-driver.ts');
  const count = await installNvidiaDriver(context, container, force);
  store.containers.setNvidiaDriver(container);
  context.report({
    kind: 'info',
    message: `copied ${count} files of the NVIDIA driver into ${container.id}`,
  });
}

function requireUnprotected({ id, protected: isProtected }: Container): void {
  if (!isProtected) return;
  throw new UdockerError('CONFLICT', `setting up ${id}: the container is protected`, {
    hint: `first: udocker unprotect ${id}`,
  });
}

async function requireWorking(context: ActionContext, mode: ModeName, force: boolean): Promise<void> {
  try {
    await chosenMode({}, await runSettings(context, { mode, stay: true }));
  } catch (error) {
    if (!isUdockerError(error, 'UNSUPPORTED')) throw error;
    if (!force) {
      const hint = `${error.hint ?? 'choose another mode'}; or set it all the same with --force`;
      throw new UdockerError('UNSUPPORTED', error.message, { hint, cause: error });
    }
    context.report({ kind: 'warning', message: error.message });
  }
}

function fixPermissions({ report }: ActionContext, store: Store, container: Container): void {
  const { changed, foreign } = store.containers.openModes(container);
  report({ kind: 'info', message: `made ${changed} files and directories accessible` });
  if (foreign === 0) return;
  const message = `${foreign} files and directories belong to other users of this host and stay as they are`;
  report({ kind: 'warning', message });
}

function purge({ report }: ActionContext, store: Store, container: Container): void {
  const removed = store.containers.removeAuxiliary(container);
  report({ kind: 'info', message: `removed ${removed} mount points and auxiliary files` });
}
