/** Puts the engines that udocker's makers build for all hosts (PRoot, crun, fakechroot ...) into the repository. */
import { isUdockerError, UdockerError } from '../errors.ts';
import { applyLayers } from '../layers/apply-layers.ts';
import { type HostPath, hostPath, under } from '../paths.ts';
import { follow } from '../registry/redirect.ts';
import { defaultRetryPolicy, withRetries } from '../registry/retry.ts';
import { type EngineFiles, releaseOfArchive } from '../store/engine-files.ts';
import { systemClock } from '../system/clock.ts';
import { stat } from '../system/files.ts';
import { openPartialFile } from '../system/partial-file.ts';
import type { ActionContext } from './context.ts';
import { storeOf } from './open-store.ts';
import { httpClientOf, registryReport } from './registry-access.ts';

export interface InstallRequest {
  /** Also when they are installed, and of any release. */
  readonly force: boolean;
  /** What is in bin/, lib/ and doc/ goes first. */
  readonly purge: boolean;
}

/**
 * Installs from the first place of the configuration (`tarball`: URLs or files) that has a suitable archive; nothing
 * happens when they are there already. The native engine needs none of it. Throws NETWORK, INVALID, UNSUPPORTED
 * (an older release), STORAGE, INTERRUPTED: what the first place failed with.
 */
export async function installEngines(context: ActionContext, request: InstallRequest): Promise<void> {
  const { engineFiles } = storeOf(context);
  const { tarball, tarball_release: wanted } = context.config.settings;
  const installed = engineFiles.release();
  if (installed !== undefined && !isOlder(installed, wanted) && !request.force && !request.purge) {
    context.report({ kind: 'debug', message: `engines of release ${installed} are installed` });
    return;
  }
  const failures: unknown[] = [];
  for (const source of sourcesIn(tarball, context)) {
    if (await succeeds(() => installFrom(source, engineFiles, context, request), failures)) return;
    const [failure] = failures.slice(-1);
    if (failure instanceof Error) context.report({ kind: 'debug', message: failure.message });
  }
  throw failures[0];
}

/** False, and the failure noted, where another place may have what this one has not. */
async function succeeds(work: () => Promise<void>, failures: unknown[]): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isUdockerError(error, 'NETWORK', 'INVALID', 'UNSUPPORTED', 'NOT_FOUND')) throw error;
    failures.push(error);
    return false;
  }
}

type Source =
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'file'; readonly path: HostPath };

/** A path may have blanks in it, a list of URLs has them in between. Throws USAGE when there is nothing. */
function sourcesIn(text: string, { user }: ActionContext): readonly Source[] {
  const whole = text.trim();
  const words = stat(hostPath(whole, user.cwd))?.isFile() === true ? [whole] : whole.split(/\s+/);
  const sources = words
    .filter((word) => word !== '')
    .map((word): Source => {
      if (/^https?:\/\//i.test(word) && URL.canParse(word)) return { kind: 'url', url: new URL(word) };
      return { kind: 'file', path: hostPath(word.replace(/^file:\/\//, ''), user.cwd) };
    });
  if (sources.length > 0) return sources;
  throw new UdockerError('USAGE', 'installing engines: no archive is configured', {
    hint: 'name one, a URL or a file, with UDOCKER_TARBALL',
  });
}

async function installFrom(
  source: Source,
  engineFiles: EngineFiles,
  context: ActionContext,
  request: InstallRequest,
): Promise<void> {
  const { config, signal, report } = context;
  const from = source.kind === 'url' ? source.url.href : source.path;
  await engineFiles.staged(async (directory) => {
    report({ kind: 'info', message: `installing engines from ${from}` });
    const path = source.kind === 'url' ? await fetchArchive(source.url, directory, context) : source.path;
    if (stat(path)?.isFile() !== true) {
      throw new UdockerError('NOT_FOUND', `installing engines: there is no file ${path}`, {
        hint: 'name an archive, a URL or a file, with UDOCKER_TARBALL',
      });
    }
    const tree = under(directory, 'tree');
    try {
      await applyLayers({ layers: [{ path }], root: tree, ownersFile: under(directory, 'owners'), signal });
    } catch (cause) {
      if (!isUdockerError(cause, 'INVALID', 'INTEGRITY')) throw cause;
      throw new UdockerError('INVALID', `installing engines: ${from} cannot be unpacked: ${cause.message}`, {
        hint: 'name an archive of udocker engines (udocker-englib) with UDOCKER_TARBALL',
        cause,
      });
    }
    const release = releaseOfArchive(tree);
    if (isOlder(release, config.settings.tarball_release) && !request.force) {
      throw new UdockerError(
        'UNSUPPORTED',
        `installing engines: ${from} is release ${release}, at least ${config.settings.tarball_release} is wanted`,
        { hint: 'take it all the same with: udocker install --force' },
      );
    }
    engineFiles.install(tree, request.purge);
    report({ kind: 'info', message: `installed engines of release ${release}` });
  });
}

/** Fetches the archive whole, again from the start when it is cut. */
async function fetchArchive(url: URL, directory: HostPath, context: ActionContext): Promise<HostPath> {
  const { config, signal } = context;
  const http = httpClientOf(context, undefined);
  const path = under(directory, 'archive');
  const doing = `fetching ${url.href}`;
  const policy = { ...defaultRetryPolicy, attempts: config.settings.installretry + 1 };
  const retry = { clock: systemClock, policy, onEvent: registryReport(context), signal };
  try {
    const { response } = await withRetries(
      doing,
      retry,
      () => false,
      async () => {
        const answer = await follow(http, { url, doing, signal }, undefined, config.network.insecure);
        if (answer.response.status === 200) await writeTo(path, answer.response.body);
        return answer;
      },
    );
    if (response.status === 200) return path;
    response.discard();
    throw new UdockerError('NETWORK', `${doing}: ${url.host} answers with status ${response.status}`, {
      hint: 'name another archive, a URL or a file, with UDOCKER_TARBALL',
    });
  } finally {
    http.close();
  }
}

async function writeTo(path: HostPath, body: AsyncIterable<Uint8Array>): Promise<void> {
  const file = openPartialFile(path);
  try {
    file.empty();
    for await (const chunk of body) file.append(chunk);
  } finally {
    file.close();
  }
}

/** Compares the numbers of releases such as 1.2.11, one by one. */
function isOlder(release: string, wanted: string): boolean {
  const [left, right] = [release, wanted].map((text) => text.split('.').map(Number));
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
