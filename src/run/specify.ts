/**
 * From what was asked to what will run: the one place where request, image configuration and facts about host
 * and guest meet. Pure: the same input gives the same RunSpec.
 */
import { isUdockerError, UdockerError } from '../errors.ts';
import { emptyImageConfig, type ImageConfig } from '../oci/image-config.ts';
import { type GuestPath, guestPath } from '../paths.ts';
import { type Account, type Accounts, resolveUser, rootUser } from './accounts.ts';
import { authenticate } from './authenticate.ts';
import { commandWords } from './command.ts';
import { makeEnvironment } from './environment.ts';
import type { RunHost } from './facts.ts';
import { type GuestTree, resolveGuestPath } from './guest-path.ts';
import { makeMounts } from './mounts.ts';
import { parseUser } from './parse-user.ts';
import { makePorts } from './ports.ts';
import { findProgram, hasProgram } from './program.ts';
import type { RunContainer, RunDefaults, RunRequest } from './request.ts';
import type { RunSpec, User } from './run-spec.ts';

export interface Specified {
  readonly spec: RunSpec;
  /** Sentences for the user: what was assumed or will not be done. */
  readonly notes: readonly string[];
}

/**
 * Decides everything about a run. Throws NOT_FOUND (volume, device, user), COMMAND_NOT_FOUND, NOT_EXECUTABLE,
 * INVALID (a target that leads nowhere, CPUs this host does not have), CONFLICT (ports).
 */
export function specify(
  request: RunRequest,
  imageConfig: ImageConfig,
  container: RunContainer,
  host: RunHost,
  defaults: RunDefaults,
): Specified {
  const notes = acceptedOnly(request);
  const note = (text: string) => void notes.push(text);
  const image = request.noMeta ? emptyImageConfig : imageConfig;
  const { accounts, user, files, accountFiles } = identify(request, image, container, host);
  const mounts = makeMounts(request, { host, root: container.root, defaults, accountFiles, note });
  const tree: GuestTree = { root: container.root, mounts, files: host.files };
  const env = makeEnvironment(request, {
    hostEnv: host.env,
    hostUser: host.userName,
    user,
    container,
    imageEnv: image.env,
  });
  const cwd = workingDirectory(tree, request.workdir ?? image.workingDir);
  const args = words(tree, commandWords(image, request.entrypoint, request.command), env.PATH, note);
  const program = findProgram(tree, args[0], { path: env.PATH, cwd: cwd.path }, host);
  const spec: RunSpec = {
    root: container.root,
    rootWritable: container.rootWritable,
    mounts,
    ports: makePorts(request, image.exposedPorts, host, note),
    hostname: { name: request.hostname ?? host.hostname, requested: request.hostname !== undefined },
    ...(request.kernel === undefined ? {} : { kernelRelease: request.kernel }),
    ...(request.cpus === undefined ? {} : { cpus: available(request.cpus, host.cpus) }),
    process: {
      file: program.file,
      args,
      env,
      cwd: cwd.path,
      user: named(user, accounts),
      terminal: host.terminal,
      ...(host.terminalSize === undefined ? {} : { terminalSize: host.terminalSize }),
    },
    guest: program.guest,
    container: place(container),
    files,
    directories: cwd.exists ? [] : [cwd.path],
    killOnExit: defaults.killOnExit,
  };
  return { spec, notes };
}

function acceptedOnly(request: RunRequest): string[] {
  const notes: string[] = [];
  if (request.gpus !== undefined) {
    notes.push(
      "--gpus: devices are the host's own and always visible; the driver's libraries come from setup --nvidia",
    );
  }
  if (request.shmSize !== undefined)
    notes.push("--shm-size: /dev/shm is the host's own; its size is left as it is");
  return notes;
}

function identify(request: RunRequest, image: ImageConfig, container: RunContainer, host: RunHost) {
  const authentication = authenticate(request, container, host);
  const self: Account = { name: host.userName, uid: host.uid, gid: host.gid, home: host.home };
  const wanted = request.user ?? (image.user === '' ? rootUser : userOfImage(image.user));
  const found = resolveUser(wanted, authentication.accounts, self);
  const user: User = request.bindHome ? { ...found, home: guestPath(host.home) } : found;
  return { accounts: authentication.accounts, user, ...authentication.filesFor(user) };
}

/** What is wrong with it is nothing that the user wrote. */
function userOfImage(text: string): ReturnType<typeof parseUser> {
  try {
    return parseUser(text);
  } catch (cause) {
    if (!isUdockerError(cause, 'USAGE')) throw cause;
    const hint = 'name another user with --user';
    throw new UdockerError('INVALID', `the image's configuration: ${cause.message}`, { cause, hint });
  }
}

/** The name that the accounts inside give to the user, which may differ for a number. */
function named(user: User, accounts: Accounts): User {
  const account = accounts.users.find(({ uid }) => uid === user.uid);
  return account === undefined ? user : { ...user, name: account.name };
}

function workingDirectory(tree: GuestTree, wanted: string): { path: GuestPath; exists: boolean } {
  const found = resolveGuestPath(tree, wanted === '' ? '/' : wanted);
  if (found.kind === 'missing') return { path: found.guest, exists: false };
  if (found.kind === 'found' && found.entry.kind === 'directory') return { path: found.guest, exists: true };
  throw new UdockerError('INVALID', `working directory ${wanted}: in the container it is not a directory`, {
    hint: 'choose another with --workdir=PATH',
  });
}

function words(
  tree: GuestTree,
  given: readonly string[],
  path: string | undefined,
  note: (text: string) => void,
): readonly [string, ...string[]] {
  const [first, ...rest] = given;
  if (first !== undefined) return [first, ...rest];
  const shell: readonly [string, ...string[]] = hasProgram(tree, 'bash', path) ? ['bash', '-i'] : ['sh'];
  note(`neither the image nor the command line names a command; starting ${shell.join(' ')}`);
  return shell;
}

function available(cpus: readonly number[], online: readonly number[]): readonly number[] {
  const absent = cpus.filter((cpu) => !online.includes(cpu));
  if (absent.length === 0) return cpus;
  throw new UdockerError('INVALID', `--cpuset-cpus: this process may not use CPU ${absent.join(', ')}`, {
    hint: `usable are ${online.join(',')}`,
  });
}

function place({ id, directory, stateDirectory, ownersFile }: RunContainer): RunSpec['container'] {
  return { id, ...(directory === undefined ? {} : { directory }), stateDirectory, ownersFile };
}
