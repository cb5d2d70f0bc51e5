/**
 * Follows a path as a process inside the container would: absolute symlinks and `..` stop at the container's
 * root, mounts cover what lies below. Nothing outside ROOT and the mounted host paths is ever looked at.
 */
import { type GuestPath, guestPath, type HostPath, parentOf, under } from '../paths.ts';
import type { Entry, FileView } from './facts.ts';

/** The tree a path is followed in. */
export interface GuestTree {
  readonly root: HostPath;
  /** Later mounts cover earlier ones. */
  readonly mounts: readonly { readonly source: HostPath; readonly target: GuestPath }[];
  readonly files: FileView;
}

export type Resolution =
  | { readonly kind: 'found'; readonly guest: GuestPath; readonly host: HostPath; readonly entry: Entry }
  /** `guest` is where it would be made, symlinks resolved as far as they exist. */
  | { readonly kind: 'missing'; readonly guest: GuestPath; readonly host: HostPath }
  | { readonly kind: 'loop'; readonly guest: GuestPath };

/** As many as the kernel follows (MAXSYMLINKS). */
const linkLimit = 40;

/** Follows `path`, relative ones from `/`, with every symlink on the way and at the end. */
export function resolveGuestPath(tree: GuestTree, path: string): Resolution {
  const pending = path.split('/').reverse();
  let guest = guestPath('/');
  let missing = false;
  let links = 0;
  while (pending.length > 0) {
    const name = pending.pop();
    if (name === undefined || name === '' || name === '.') continue;
    if (name === '..') {
      guest = parentOf(guest);
      continue;
    }
    const next = guestPath(name, guest);
    const host = hostOf(tree, next);
    const entry: Entry | undefined = missing ? undefined : tree.files.lstat(host);
    if (entry?.kind !== 'symlink' || isMountPoint(tree, next)) {
      missing ||= entry === undefined;
      guest = next;
      continue;
    }
    links += 1;
    if (links > linkLimit) return { kind: 'loop', guest: next };
    const target = tree.files.readlink(host) ?? '';
    if (target.startsWith('/')) guest = guestPath('/');
    pending.push(...target.split('/').reverse());
  }
  return conclude(tree, guest);
}

function conclude(tree: GuestTree, guest: GuestPath): Resolution {
  const host = hostOf(tree, guest);
  const entry = tree.files.lstat(host);
  return entry === undefined ? { kind: 'missing', guest, host } : { kind: 'found', guest, host, entry };
}

/** Where a guest path free of symlinks lies on the host. */
export function hostOf(tree: GuestTree, path: GuestPath): HostPath {
  for (const mount of tree.mounts.toReversed()) {
    if (path === mount.target) return mount.source;
    if (path.startsWith(`${mount.target}/`)) return under(mount.source, path.slice(mount.target.length));
  }
  return path === '/' ? tree.root : under(tree.root, path);
}

function isMountPoint(tree: GuestTree, path: GuestPath): boolean {
  return tree.mounts.some((mount) => mount.target === path);
}
