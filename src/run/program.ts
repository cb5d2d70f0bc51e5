/**
 * Finds the program inside the container before anything starts, as the kernel and a shell would: so that a
 * missing command, a missing interpreter or a program for another CPU each get their own message, in every
 * engine the same, with Docker's exit status (127, 126).
 */
import { UdockerError } from '../errors.ts';
import { type GuestPath, guestPath } from '../paths.ts';
import { type Format, formatOf, headBytes } from './elf.ts';
import { defaultPath } from './environment.ts';
import { type GuestTree, type Resolution, resolveGuestPath } from './guest-path.ts';
import type { GuestFacts } from './run-spec.ts';

export interface Program {
  readonly file: GuestPath;
  readonly guest: GuestFacts;
}
export interface ProgramHost {
  readonly architecture: string;
  readonly foreignArchitectures: readonly string[];
}

type Found = Extract<Resolution, { kind: 'found' }>;

/** Scripts may be interpreted by scripts; the kernel gives up at this depth (BINPRM_MAX_RECURSION). */
const scriptDepth = 5;

/**
 * Looks up `name`: a path with a slash is taken from `cwd`, anything else is searched in `path`.
 * Throws COMMAND_NOT_FOUND, or NOT_EXECUTABLE when it is there but cannot be started.
 */
export function findProgram(
  tree: GuestTree,
  name: string,
  where: { readonly path: string | undefined; readonly cwd: GuestPath },
  host: ProgramHost,
): Program {
  const [file, found] = name.includes('/') ? atPath(tree, name, where.cwd) : inPath(tree, name, where.path);
  return { file, guest: inspect(tree, found, file, host, 0) };
}

/** Whether `name` is an executable file in the directories of `path`. */
export function hasProgram(tree: GuestTree, name: string, path: string | undefined): boolean {
  return candidates(name, path).some((file) => isExecutable(resolveGuestPath(tree, file)));
}

function atPath(tree: GuestTree, name: string, cwd: GuestPath): [GuestPath, Found] {
  const file = guestPath(name, cwd);
  const found = resolveGuestPath(tree, file);
  if (found.kind !== 'found') {
    throw new UdockerError('COMMAND_NOT_FOUND', `command not found in the container: ${name}`, {
      hint:
        found.kind === 'loop' ? `${file} is a loop of symlinks` : `look with: ls ${guestPath('..', file)}`,
    });
  }
  if (found.entry.kind === 'directory') throw notExecutable(name, 'it is a directory');
  if (!isExecutable(found))
    throw notExecutable(name, 'it has no execute permission', `run chmod +x ${file} inside`);
  return [file, found];
}

function inPath(tree: GuestTree, name: string, path: string | undefined): [GuestPath, Found] {
  let refused: GuestPath | undefined;
  for (const file of name === '' ? [] : candidates(name, path)) {
    const found = resolveGuestPath(tree, file);
    if (found.kind !== 'found' || found.entry.kind !== 'file') continue;
    if (isExecutable(found)) return [file, found];
    refused ??= file;
  }
  if (refused !== undefined) throw notExecutable(refused, 'it has no execute permission');
  throw new UdockerError('COMMAND_NOT_FOUND', `command not found in the container: ${JSON.stringify(name)}`, {
    hint: name.startsWith('-')
      ? 'options of udocker run stand before the container; what follows it is the command'
      : `PATH inside is ${path ?? defaultPath}`,
  });
}

function candidates(name: string, path: string | undefined): GuestPath[] {
  return (path ?? defaultPath).split(':').map((directory) => guestPath(`${directory}/${name}`));
}

function isExecutable(found: Resolution): boolean {
  return found.kind === 'found' && found.entry.kind === 'file' && (found.entry.mode & 0o111) !== 0;
}

function inspect(tree: GuestTree, found: Found, name: string, host: ProgramHost, depth: number): GuestFacts {
  const head = tree.files.readHead(found.host, headBytes);
  // A program may be executable but not readable; then only starting it can tell.
  if (head === undefined) return { libc: 'none', bits: 64 };
  const format = formatOf(head);
  if (format.kind === 'elf') {
    requireExecuted(tree, found, name);
    return inspectElf(tree, format, name, host);
  }
  if (format.kind === 'unknown') {
    throw notExecutable(
      name,
      'it is neither a program nor a script with a #! line',
      `start it with: sh ${name}`,
    );
  }
  if (depth >= scriptDepth) throw notExecutable(name, 'scripts interpret scripts, too deep');
  const interpreter = resolveGuestPath(tree, format.interpreter);
  if (interpreter.kind !== 'found')
    throw missing(name, `its interpreter ${JSON.stringify(format.interpreter)}`);
  if (!isExecutable(interpreter)) throw notExecutable(name, `its interpreter ${format.interpreter} is not`);
  return inspect(tree, interpreter, format.interpreter, host, depth + 1);
}

/** Its permissions let everybody execute it, and still the host does not: so it is the file system. */
function requireExecuted({ files }: GuestTree, { host, entry }: Found, name: string): void {
  if ((entry.mode & 0o111) !== 0o111 || files.mayExecute?.(host) !== false) return;
  throw notExecutable(
    name,
    'this host executes nothing from there (a file system mounted noexec?)',
    'keep containers on a file system that allows it: --repo=DIR or UDOCKER_DIR',
  );
}

function inspectElf(
  tree: GuestTree,
  format: Extract<Format, { kind: 'elf' }>,
  name: string,
  host: ProgramHost,
): GuestFacts {
  const { architecture, bits, loader } = format;
  const runs = architecture === host.architecture || compatible[host.architecture] === architecture;
  if (!runs && !host.foreignArchitectures.includes(architecture)) {
    throw notExecutable(
      name,
      `it is a program for ${architecture}, this host is ${host.architecture}`,
      `pull the image for this host: udocker pull --platform=linux/${host.architecture} IMAGE`,
    );
  }
  if (loader === undefined) return { libc: 'none', bits };
  // A foreign program's loader is looked up by the emulator, perhaps elsewhere.
  if (runs && resolveGuestPath(tree, loader).kind !== 'found') throw missing(name, `its loader ${loader}`);
  return { libc: loader.includes('ld-musl') ? 'musl' : 'glibc', bits, loader: guestPath(loader) };
}

/** The 32-bit programs that a 64-bit host can start. */
const compatible: Readonly<Record<string, string>> = { amd64: '386', arm64: 'arm' };

function notExecutable(name: string, reason: string, hint?: string): UdockerError {
  const message = `cannot execute ${name} in the container: ${reason}`;
  return new UdockerError('NOT_EXECUTABLE', message, hint === undefined ? {} : { hint });
}

function missing(name: string, what: string): UdockerError {
  return new UdockerError(
    'COMMAND_NOT_FOUND',
    `cannot execute ${name} in the container: ${what} is missing`,
    {
      hint: 'install it in the container, or mount it with -v',
    },
  );
}
