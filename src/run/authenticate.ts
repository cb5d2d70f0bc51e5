/**
 * Which passwd and group file the process sees: the container's own; the container's with a line added for a
 * user it does not know (as Podman does, so that `whoami` and ssh work); with --hostauth the host's.
 */
import { type GuestPath, guestPath, type HostPath, hostPath, under } from '../paths.ts';
import { type Accounts, missingLines, parseAccounts } from './accounts.ts';
import type { RunHost } from './facts.ts';
import { fingerprint } from './fingerprint.ts';
import { type GuestTree, resolveGuestPath } from './guest-path.ts';
import type { RunContainer, RunRequest } from './request.ts';
import type { GeneratedFile, User } from './run-spec.ts';

export interface Authentication {
  readonly accounts: Accounts;
  /** The files to generate, and what to mount where, so that `user` is known inside. */
  filesFor(user: User): AccountFiles;
}
export interface AccountFiles {
  readonly files: readonly GeneratedFile[];
  readonly accountFiles: readonly { readonly source: HostPath; readonly target: GuestPath }[];
}

const passwd = guestPath('/etc/passwd');
const group = guestPath('/etc/group');
const nothing: AccountFiles = { files: [], accountFiles: [] };

/** Reads the account files that count for this run. A volume on /etc/passwd or /etc/group settles the matter. */
export function authenticate(request: RunRequest, container: RunContainer, host: RunHost): Authentication {
  const mounts = request.volumes.filter(({ target }) => target === passwd || target === group);
  const tree: GuestTree = { root: container.root, mounts, files: host.files };
  const fromHost = request.hostAuth && mounts.length === 0;
  const read = (path: GuestPath) => (fromHost ? host.files.readText(hostPath(path)) : readGuest(tree, path));
  const texts = { passwd: read(passwd) ?? '', group: read(group) ?? '' };
  const accounts = parseAccounts(texts.passwd, texts.group);
  const untouched = mounts.length > 0 || (request.containerAuth && !request.hostAuth);
  const filesFor = (user: User): AccountFiles => {
    const extra = missingLines(user, accounts);
    if (untouched || (extra === undefined && !fromHost)) return nothing;
    return generated(container.stateDirectory, [
      [passwd, joined(texts.passwd, extra?.passwd ?? '')],
      [group, joined(texts.group, extra?.group ?? '')],
    ]);
  };
  return { accounts, filesFor };
}

function generated(directory: HostPath, contents: readonly (readonly [GuestPath, string])[]): AccountFiles {
  const made = contents.map(([target, content]) => {
    const path = under(directory, `${target.slice('/etc/'.length)}-${fingerprint(content)}`);
    return { target, file: { path, content, mode: 0o644 } };
  });
  return {
    files: made.map(({ file }) => file),
    accountFiles: made.map(({ file, target }) => ({ source: file.path, target })),
  };
}

function joined(text: string, line: string): string {
  return text === '' || text.endsWith('\n') || line === '' ? text + line : `${text}\n${line}`;
}

function readGuest(tree: GuestTree, path: GuestPath): string | undefined {
  const found = resolveGuestPath(tree, path);
  return found.kind === 'found' && found.entry.kind === 'file' ? tree.files.readText(found.host) : undefined;
}
