/** Facts about this host that a run is decided by, read as they are asked for. */
import * as fs from 'node:fs';
import { isErrno } from '../errors.ts';
import { type HostPath, hostPath, under } from '../paths.ts';
import { os } from './lazy-os.ts';
import { saveTerminal } from './process-calls.ts';
import { looksLikeTerminal } from './terminal.ts';

export interface HostEntry {
  readonly kind: 'directory' | 'file' | 'symlink' | 'device' | 'other';
  readonly mode: number;
}

/** What `path` itself is; undefined when there is nothing or it may not be seen. */
export function entryOf(path: HostPath): HostEntry | undefined {
  return orAbsent(() => {
    const stats = fs.lstatSync(path);
    return { kind: kindOf(stats), mode: stats.mode & 0o7777 };
  });
}

function kindOf(stats: fs.Stats): HostEntry['kind'] {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFile()) return 'file';
  return stats.isCharacterDevice() || stats.isBlockDevice() ? 'device' : 'other';
}

/** The look-ups that `run/facts.ts` calls a FileView. */
export const hostFiles = {
  lstat: entryOf,
  readlink: (path: HostPath) => orAbsent(() => fs.readlinkSync(path)),
  readText: (path: HostPath) => orAbsent(() => fs.readFileSync(path, 'utf8')),
  realPath: (path: HostPath) => orAbsent(() => hostPath(fs.realpathSync(path))),
  readHead: (path: HostPath, bytes: number) => orAbsent(() => readHead(path, bytes)),
  mayExecute: (path: HostPath) =>
    orAbsent(() => {
      fs.accessSync(path, fs.constants.X_OK);
      return true;
    }) ?? false,
};

function readHead(path: HostPath, bytes: number): Uint8Array {
  const fd = fs.openSync(path, 'r');
  try {
    const head = new Uint8Array(bytes);
    return head.subarray(0, fs.readSync(fd, head, 0, bytes, 0));
  } finally {
    fs.closeSync(fd);
  }
}

export interface Invoker {
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly home: HostPath;
}

/**
 * Who runs us. Read from /etc/passwd, since runtimes differ in what they look up; an account that is not there
 * (LDAP, containers) goes by USER or LOGNAME, else by a made-up name.
 */
export function invoker(env: Readonly<Record<string, string | undefined>>): Invoker {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const userName = accountOf(uid)?.[0] ?? env.USER ?? env.LOGNAME ?? `u${uid}`;
  return { uid, gid, userName, home: homeOf(uid, env) };
}

/** HOME, else the home directory that the account has. */
export function homeOf(uid: number, env: Readonly<Record<string, string | undefined>>): HostPath {
  const home = env.HOME?.startsWith('/') ? env.HOME : accountOf(uid)?.[5];
  return hostPath(home?.startsWith('/') ? home : '/');
}

/** The fields of the line of /etc/passwd that has this number. */
function accountOf(uid: number): string[] | undefined {
  const passwd = hostFiles.readText(hostPath('/etc/passwd')) ?? '';
  const wanted = `:${uid}:`;
  for (let at = passwd.indexOf(wanted); at >= 0; at = passwd.indexOf(wanted, at + 1)) {
    const end = passwd.indexOf('\n', at);
    const line = passwd.slice(passwd.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end);
    const fields = line.split(':');
    if (fields[2] === String(uid)) return fields;
  }
  return undefined;
}

/** GOARCH name of this CPU. */
export function architecture(): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };
  return names[process.arch] ?? process.arch;
}

/** `uname -m` and `uname -r`. */
export function kernel(): { readonly machine: string; readonly release: string } {
  const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
  return {
    machine: machines[process.arch] ?? os().machine(),
    release: kernelFact('osrelease') ?? os().release(),
  };
}

export function hostName(): string {
  return kernelFact('hostname') ?? os().hostname();
}

/** A value of /proc/sys/kernel. */
function kernelFact(name: string): string | undefined {
  return hostFiles.readText(hostPath(`/proc/sys/kernel/${name}`))?.trim() || undefined;
}

/** CPUs that this process may use. */
export function usableCpus(): number[] {
  const status = hostFiles.readText(hostPath('/proc/self/status')) ?? '';
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '';
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** GOARCH names of CPUs whose programs binfmt_misc hands to an emulator. */
export function foreignArchitectures(): string[] {
  const names: Readonly<Record<string, string>> = { aarch64: 'arm64', x86_64: 'amd64', i386: '386' };
  const entries = orAbsent(() => fs.readdirSync('/proc/sys/fs/binfmt_misc')) ?? [];
  return entries
    .filter((name) => name.startsWith('qemu-'))
    .map((name) => names[name.slice(5)] ?? name.slice(5));
}

/** A port that nobody on this host has bound now; undefined when a hundred guesses fail. */
export function freePort(protocol: 'tcp' | 'udp'): number | undefined {
  const used = new Set<number>();
  for (const name of [protocol, `${protocol}6`]) {
    const table = hostFiles.readText(hostPath(`/proc/net/${name}`)) ?? '';
    for (const [, port = ''] of table.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm))
      used.add(Number.parseInt(port, 16));
  }
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!used.has(port)) return port;
  }
  return undefined;
}

const cgroup2Magic = 0x63677270;

/** How this host mounts cgroups; `hybrid` only where the unified hierarchy has controllers. */
export function cgroupLayout(): 'v1' | 'v2' | 'hybrid' | 'none' {
  const top = orAbsent(() => fs.statfsSync('/sys/fs/cgroup').type);
  if (top === undefined) return 'none';
  if (top === cgroup2Magic) return 'v2';
  const unified = orAbsent(() => fs.statfsSync('/sys/fs/cgroup/unified').type);
  const controllers = hostFiles.readText(hostPath('/sys/fs/cgroup/unified/cgroup.controllers')) ?? '';
  return unified === cgroup2Magic && controllers.trim() !== '' ? 'hybrid' : 'v1';
}

/** Changes at every boot. */
export function bootId(): string {
  return (hostFiles.readText(hostPath('/proc/sys/kernel/random/boot_id')) ?? '').trim();
}

/**
 * A private directory that does not outlive the boot: below XDG_RUNTIME_DIR, else in /tmp. Made if missing; one
 * in /tmp that somebody else owns or may write to is not touched, a fresh one is taken instead.
 */
export function runtimeDirectory(env: Readonly<Record<string, string | undefined>>): HostPath {
  const uid = process.getuid?.() ?? 0;
  const base = env.XDG_RUNTIME_DIR;
  for (const path of [
    ...(base?.startsWith('/') ? [under(hostPath(base), 'udocker')] : []),
    hostPath(`/tmp/udocker-${uid}`),
  ]) {
    if (isPrivate(path, uid)) return path;
  }
  return hostPath(fs.mkdtempSync(`/tmp/udocker-${uid}-`));
}

/** `path`, made if missing, when it is a directory that nobody but this user can write to; else undefined. */
export function ownPrivateDirectory(path: HostPath): HostPath | undefined {
  return isPrivate(path, process.getuid?.() ?? 0) ? path : undefined;
}

function isPrivate(path: HostPath, uid: number): boolean {
  try {
    fs.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR')) return false;
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  const stats = fs.lstatSync(path);
  return stats.isDirectory() && stats.uid === uid && (stats.mode & 0o022) === 0;
}

/** Whether this user may make entries in the directory `path`. */
export function isWritable(path: HostPath): boolean {
  return (
    orAbsent(() => {
      fs.accessSync(path, fs.constants.W_OK);
      return true;
    }) ?? false
  );
}

/** Whether the descriptor is a terminal; the C library is asked only about devices of unusual kinds. */
export function isTerminal(fd: number): boolean {
  return looksLikeTerminal(fd) ?? saveTerminal(fd) !== undefined;
}

/** Names this run among all of this user: process id and start time. */
export function invocationName(): string {
  return `${process.pid}-${Date.now().toString(36)}`;
}

function orAbsent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const codes = [
      'ENOENT',
      'ENOTDIR',
      'EACCES',
      'EPERM',
      'ELOOP',
      'EINVAL',
      'EISDIR',
      'ENAMETOOLONG',
      'EROFS',
      'ENXIO',
      'EIO',
    ];
    if (isErrno(error, ...codes)) return undefined;
    throw error;
  }
}

/** All bytes of a file; undefined when it is missing or may not be read. */
export function readBytesIfAllowed(path: HostPath): Buffer | undefined {
  return orAbsent(() => fs.readFileSync(path));
}

/** What changes when a file is replaced or rewritten; undefined when it is gone. */
export function fileIdentity(path: HostPath): string | undefined {
  return orAbsent(() => {
    const { ino, size, mtimeMs } = fs.statSync(path);
    return `${ino}:${size}:${mtimeMs}`;
  });
}
