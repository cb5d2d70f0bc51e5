/**
 * Names of containers: symlinks `containers/<name>` -> `<id>`, as udocker 1 makes them. A name whose container is
 * gone is free again. Changes happen under `containers/.lock`, held for less than a millisecond, so that of two
 * processes that want a name exactly one gets it.
 */
import { UdockerError } from '../errors.ts';
import { type HostPath, under } from '../paths.ts';
import { type Entry, listEntries, makeSymlink, removeFile, rename } from '../system/directory-entries.ts';
import { lstat, readLink, temporaryName } from '../system/files.ts';
import { acquireLock } from '../system/lock.ts';
import { onDisk, onDiskLater } from './storage-error.ts';

/** Container ids as udocker writes them: five groups, like a UUID. */
export function isContainerId(text: string): boolean {
  return /^[a-z0-9]+-[a-z0-9]+-[a-z0-9]+-[a-z0-9]+-[a-z0-9]+$/.test(text);
}

/** A new id: random, in the form of a name-based UUID (version 3), as udocker 1 makes them. */
export function newContainerId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x30;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * Checks a name: at most 2048 characters for udocker 1, but no file system takes more than 255 bytes; without
 * `/ . space [ ]`, control characters, and not in the form of an id. Throws USAGE.
 */
export function checkContainerName(name: string): void {
  const why = reasonAgainst(name);
  if (why === undefined) return;
  throw new UdockerError('USAGE', `not a container name: ${JSON.stringify(name)}: ${why}`, {
    hint: 'use letters, digits, - and _',
  });
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (new TextEncoder().encode(name).length > 255) return 'it is longer than 255 bytes';
  const found = /[/. [\]\x00-\x1f\x7f]/.exec(name)?.[0];
  if (found !== undefined) return `${JSON.stringify(found)} cannot be part of a name`;
  return isContainerId(name) ? 'it looks like a container id' : undefined;
}

/** The id that `name` stands for, whether its container exists or not; undefined when there is no such name. */
export function idOfName(containers: HostPath, name: string): string | undefined {
  if (!/^[^./\0][^/\0]*$/.test(name)) return undefined;
  const target = readLink(`${containers}/${name}` as HostPath);
  const id = target?.slice(target.lastIndexOf('/') + 1);
  return id !== undefined && isSafeId(id) ? id : undefined;
}

/** Also directories with other names than ours count as containers, but none that is hidden or a path. */
export function isSafeId(id: string): boolean {
  return /^[^./\0][^/\0]{0,254}$/.test(id);
}

/** All names by id, sorted. `entries` are those of `containers`, where they are known already. */
export function namesById(
  containers: HostPath,
  entries: readonly Entry[] = listEntries(containers) ?? [],
): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, kind } of entries) {
    const id = kind === 'symlink' ? idOfName(containers, name) : undefined;
    if (id !== undefined) names.set(id, [...(names.get(id) ?? []), name]);
  }
  return names;
}

/** Runs `work` as the only one who changes names. */
export async function changingNames<T>(containers: HostPath, work: () => T): Promise<T> {
  const path = under(containers, '.lock');
  const lock = await onDiskLater('locking the container names', path, () =>
    acquireLock(path, 'exclusive', { timeoutMs: 30_000, purpose: 'the container names' }),
  );
  try {
    return work();
  } finally {
    lock?.release();
  }
}

/**
 * Makes `name` stand for `id`. `inUse` says whether the container of another id exists or is being made. Throws
 * CONFLICT when the name is taken, STORAGE for the disk. Call inside `changingNames`.
 */
export function takeName(
  containers: HostPath,
  name: string,
  id: string,
  inUse: (id: string) => boolean,
): void {
  const path = under(containers, name);
  onDisk(`naming the container ${id}`, path, () => {
    const holder = idOfName(containers, name);
    if (holder !== undefined && !inUse(holder)) removeFile(path);
    if (!makeSymlink(id, path)) throw taken(name, holder);
  });
}

/** Throws CONFLICT if `name` is taken: the check before any work. */
export function requireFreeName(containers: HostPath, name: string, inUse: (id: string) => boolean): void {
  const holder = idOfName(containers, name);
  const occupied = holder === undefined ? lstat(under(containers, name)) !== undefined : inUse(holder);
  if (occupied) throw taken(name, holder);
}

/** Takes `name` from `id`; nothing happens when it stands for something else by now. Throws STORAGE. */
export function dropName(containers: HostPath, name: string, id: string): void {
  const path = under(containers, name);
  onDisk(`removing the container name ${name}`, path, () => {
    if (idOfName(containers, name) === id) removeFile(path);
  });
}

/** Renames by one rename(2), so that the container is never without a name. Call inside `changingNames`. */
export function replaceName(containers: HostPath, from: string, to: string, id: string): void {
  onDisk(`renaming the container ${from}`, under(containers, to), () => {
    const fresh = temporaryName(under(containers, to));
    makeSymlink(id, fresh);
    rename(fresh, under(containers, to));
    removeFile(under(containers, from));
  });
}

function taken(name: string, holder: string | undefined): UdockerError {
  const by = holder === undefined ? 'something that is no container' : `the container ${holder}`;
  return new UdockerError('CONFLICT', `the name ${name} is taken by ${by}`, {
    hint: `choose another name, or free it with: udocker rmname ${name}`,
    details: { name, holder },
  });
}
