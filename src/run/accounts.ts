/**
 * passwd and group files: who a user is inside the container. Read tolerantly, because images contain broken
 * lines, and an unreadable line must not keep anybody from running.
 */
import { UdockerError } from '../errors.ts';
import { type GuestPath, guestPath } from '../paths.ts';
import type { UserRequest, Who } from './parse-user.ts';
import type { User } from './run-spec.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}
export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}
export interface Accounts {
  readonly users: readonly Account[];
  readonly groups: readonly Group[];
}

/** Reads the texts of a passwd and a group file; either may be missing. */
export function parseAccounts(passwd: string | undefined, group: string | undefined): Accounts {
  return {
    users: lines(passwd).flatMap(([name = '', , uid = '', gid = '', , home = '']) =>
      isId(uid) && isId(gid) && name !== '' ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [],
    ),
    groups: lines(group).flatMap(([name = '', , gid = '', members = '']) =>
      isId(gid) && name !== '' ? [{ name, gid: Number(gid), members: members.split(',') }] : [],
    ),
  };
}

/**
 * Who `request` is in `accounts`, by Docker's rules: a number need not have an entry; without a group the
 * entry's group counts, with the groups that list the name, and 0 where there is no entry. The invoking user
 * (`self`) keeps its own group and is known by name even where the container does not know it.
 * Throws NOT_FOUND for any other name that has no entry.
 */
export function resolveUser(request: UserRequest, accounts: Accounts, self: Account): User {
  const account = findAccount(request.user, accounts, self);
  const gid = request.group === undefined ? undefined : findGroup(request.group, accounts);
  const named = account ?? unnamed(request.user, self);
  const groups = gid === undefined && account !== undefined ? groupsOf(account, accounts) : [];
  const home: GuestPath = guestPath(named.home === '' ? '/' : named.home);
  return { uid: named.uid, gid: gid ?? named.gid, groups, name: named.name, home };
}

/** The superuser, also where the container has no passwd file. */
export const rootUser: UserRequest = { user: { kind: 'id', id: 0 } };

/** A passwd line for `user`, and a group line if its group is unknown; undefined when both are known. */
export function missingLines(user: User, accounts: Accounts): { passwd: string; group: string } | undefined {
  const hasUser = accounts.users.some((account) => account.uid === user.uid);
  const hasGroup = accounts.groups.some((group) => group.gid === user.gid);
  if (hasUser && hasGroup) return undefined;
  return {
    passwd: hasUser ? '' : `${user.name}:x:${user.uid}:${user.gid}::${user.home}:/bin/sh\n`,
    group: hasGroup ? '' : `${user.name}:x:${user.gid}:\n`,
  };
}

function findAccount(who: Who, accounts: Accounts, self: Account): Account | undefined {
  if (who.kind === 'id') return accounts.users.find((user) => user.uid === who.id);
  const found = accounts.users.find((user) => user.name === who.name);
  if (found !== undefined || who.name === self.name) return found ?? { ...self, home: '/' };
  if (who.name === 'root') return { name: 'root', uid: 0, gid: 0, home: '/root' };
  throw unknown('user', who.name, '/etc/passwd');
}

function findGroup(who: Who, accounts: Accounts): number {
  if (who.kind === 'id') return who.id;
  const found = accounts.groups.find((group) => group.name === who.name);
  if (found !== undefined) return found.gid;
  if (who.name === 'root') return 0;
  throw unknown('group', who.name, '/etc/group');
}

function unnamed(who: Who, self: Account): Account {
  const uid = who.kind === 'id' ? who.id : 0;
  if (uid === 0) return { name: 'root', uid: 0, gid: 0, home: '/root' };
  if (uid === self.uid) return { ...self, home: '/' };
  return { name: `u${uid}`, uid, gid: 0, home: '/' };
}

function groupsOf(account: Account, accounts: Accounts): number[] {
  const listed = accounts.groups
    .filter((group) => group.members.includes(account.name))
    .map(({ gid }) => gid);
  return [...new Set(listed)].filter((gid) => gid !== account.gid);
}

function unknown(kind: 'user' | 'group', name: string, file: string): UdockerError {
  return new UdockerError('NOT_FOUND', `the container has no ${kind} ${JSON.stringify(name)} in ${file}`, {
    hint: `give a number instead, or --hostauth to use this host's ${kind}s`,
  });
}

function lines(text: string | undefined): string[][] {
  return (text ?? '').split('\n').map((line) => line.trim().split(':'));
}

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}
