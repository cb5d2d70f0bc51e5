/** `run`: finds or makes the container, runs a command in it, and removes it if that was asked for. */

import { isUdockerError, UdockerError } from '../errors.ts';
import { exitCodeOf } from '../execute/exit-status.ts';
import { emptyImageConfig, parseImageConfig } from '../oci/image-config.ts';
import { guestPath, type HostPath, hostPath, nameOf } from '../paths.ts';
import type { DeviceRequest } from '../run/parse-device.ts';
import { type EnvEntry, parseEnvFile } from '../run/parse-env.ts';
import type { RunRequest } from '../run/request.ts';
import type { Container } from '../store/container-entry.ts';
import type { Store } from '../store/store.ts';
import { readText, stat } from '../system/files.ts';
import { chooseContainer, type PullPolicy } from './choose-container.ts';
import type { ActionContext } from './context.ts';
import type { ActionEvent } from './events.ts';
import { storeOf } from './open-store.ts';
import type { PullRequest } from './pull-image.ts';
import {
  describeRun,
  type OpenedContainer,
  prepareRun,
  type RunEvent,
  type RunSettings,
  runContainer,
} from './run-container.ts';
import { runSettings } from './run-settings.ts';

export interface RunImageRequest {
  readonly where:
    | { readonly kind: 'name'; readonly name: string }
    /** A tree outside the repository, relative to the working directory or absolute. */
    | { readonly kind: 'location'; readonly directory: string };
  readonly name: string | undefined;
  readonly pull: PullPolicy;
  readonly source: PullRequest;
  readonly mode: RunSettings['mode'] | undefined;
  /** Afterwards the container goes, unless it is protected. */
  readonly remove: boolean;
  readonly banner: boolean;
  /** Decide and tell, but run nothing. An image is pulled and extracted all the same: the decision needs it. */
  readonly dryRun: boolean;
  /** Host paths, relative to the working directory or absolute. */
  readonly envFiles: readonly string[];
  readonly request: Omit<RunRequest, 'envFiles'>;
}

export type RunOutcome =
  /** With the status of the command: its own, or 128 + the number of the signal that ended it. */
  { readonly kind: 'exited'; readonly status: number } | { readonly kind: 'planned'; readonly text: string };

/**
 * Runs. Does not return when this process became the engine. Throws what choosing a container, specifying the run
 * and executing it throw; NOT_FOUND for a file or directory of the command line that is not there.
 */
export async function runImage(context: ActionContext, asked: RunImageRequest): Promise<RunOutcome> {
  const request = { ...asked.request, envFiles: asked.envFiles.map((file) => readEnvFile(context, file)) };
  if (asked.where.kind === 'location') {
    return runOpened(context, treeAt(context, asked.where.directory), request, asked);
  }
  const { name, pull, source } = asked;
  const container = await chooseContainer(context, { target: asked.where.name, name, pull, source });
  const store = storeOf(context);
  if (!asked.dryRun && store.containers.fakechrootChanges(container) !== undefined)
    await makePlain(context, store, container);
  const lock = store.containers.lockForRun(container);
  try {
    const devices = await driverDevices(context, store, container);
    const all = { ...request, devices: [...request.devices, ...devices] };
    return await runOpened(context, opened(store, container), all, asked);
  } finally {
    lock?.release();
    if (asked.remove && !asked.dryRun) await removeAfterwards(context, store, container);
  }
}

/** Those of the NVIDIA driver, where it is in the container; else not even looked for. */
async function driverDevices(
  context: ActionContext,
  store: Store,
  container: Container,
): Promise<DeviceRequest[]> {
  if (!store.containers.hasNvidiaDriver(container)) return [];
  const { nvidiaDevices } = await import('./nvidia-driver.ts');
  return nvidiaDevices(context).map((path) => ({ source: path, target: guestPath(path) }));
}

/** Loaded only where it is needed: hardly any container was changed by the first udocker. */
async function makePlain(context: ActionContext, store: Store, container: Container): Promise<void> {
  const { restoreContainer } = await import('./restore-container.ts');
  const lock = store.containers.lockForChange(container);
  try {
    await restoreContainer(context, store, container);
  } finally {
    lock?.release();
  }
}

async function runOpened(
  context: ActionContext,
  container: OpenedContainer,
  request: RunRequest,
  asked: RunImageRequest,
): Promise<RunOutcome> {
  const settings = await runSettings(context, { mode: asked.mode, stay: asked.remove });
  if (asked.dryRun) {
    const prepared = await prepareRun(container, request, settings);
    tell(context, asked, container, prepared.events);
    return { kind: 'planned', text: describeRun(prepared).trimEnd() };
  }
  const status = await runContainer(container, request, settings, (event) => {
    tell(context, asked, container, [event]);
    if (event.kind === 'starting') context.releaseSignals();
  });
  return { kind: 'exited', status: exitCodeOf(status) };
}

function tell(
  { report }: ActionContext,
  { banner }: RunImageRequest,
  container: OpenedContainer,
  events: readonly RunEvent[],
): void {
  for (const event of events) {
    if (event.kind !== 'starting' || banner) report(sentence(event, container));
  }
}

function sentence(event: RunEvent, container: OpenedContainer): ActionEvent {
  switch (event.kind) {
    case 'note':
      return { kind: 'warning', message: event.text };
    case 'remark':
      return { kind: 'info', message: event.text };
    case 'decided':
      return { kind: 'debug', message: `the plan:\n${event.text.trimEnd()}` };
    case 'ignored':
      return { kind: 'warning', message: event.reason };
    case 'starting':
      return { kind: 'starting', container: container.id, mode: event.mode, command: event.args.join(' ') };
  }
}

function opened(store: Store, container: Container): OpenedContainer {
  const { id, names, directory, root } = container;
  const mode = store.containers.executionMode(container);
  const config = parseImageConfig(store.containers.configText(container), `of the container ${id}`);
  return { id, names, directory, root, config, ...(mode === undefined ? {} : { mode }) };
}

function treeAt({ user }: ActionContext, directory: string): OpenedContainer {
  const root = hostPath(directory, user.cwd);
  if (stat(root)?.isDirectory() !== true) {
    throw new UdockerError('NOT_FOUND', `running the tree ${root}: there is no such directory`, {
      hint: 'give --location=DIR the directory that is to be / of the container',
    });
  }
  return { id: nameOf(root), names: [], root, config: emptyImageConfig };
}

function readEnvFile({ user }: ActionContext, file: string): EnvEntry[] {
  const path = hostPath(file, user.cwd);
  const text = readOrExplain(path);
  if (text !== undefined) return parseEnvFile(text, path);
  throw new UdockerError('NOT_FOUND', `reading variables: there is no file ${path}`, {
    hint: 'give --env-file an existing file',
  });
}

function readOrExplain(path: HostPath): string | undefined {
  try {
    return readText(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UdockerError('STORAGE', `reading variables from ${path}: ${why}`, { cause });
  }
}

/** What ran has ended with its own status; that the container cannot be removed does not change it. */
async function removeAfterwards(context: ActionContext, store: Store, container: Container): Promise<void> {
  try {
    const current = store.containers.find(container.id);
    if (current !== undefined) await store.containers.remove(current);
  } catch (error) {
    if (!isUdockerError(error)) throw error;
    context.report({ kind: 'warning', message: `--rm: the container stays: ${error.message}` });
  }
}
