/**
 * Paths of the host and paths inside a container are both text, and many bugs of this trade are one used as
 * the other. Here they are two types that the compiler keeps apart.
 */
import { posix } from 'node:path';

declare const brand: unique symbol;
/** `T`, made only by the function that checks it. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** An absolute, normalised path on the host. */
export type HostPath = Brand<string, 'HostPath'>;
/** An absolute, normalised path as a process inside the container sees it. */
export type GuestPath = Brand<string, 'GuestPath'>;

/** Makes a HostPath from `text`; a relative path is taken from `base` (a host directory). */
export function hostPath(text: string, base?: HostPath): HostPath {
  if (!text.startsWith('/') && base === undefined) throw new TypeError(`not an absolute host path: ${text}`);
  return trim(posix.resolve(base ?? '/', text)) as HostPath;
}

/** Makes a GuestPath from `text`; a relative path is taken from `base` (default `/`). `..` stops at `/`. */
export function guestPath(text: string, base: GuestPath = '/' as GuestPath): GuestPath {
  return trim(posix.resolve('/', base, text)) as GuestPath;
}

/** `path` with `parts` appended, still a host path. */
export function under(path: HostPath, ...parts: string[]): HostPath {
  return posix.join(path, ...parts) as HostPath;
}

/** The directory that holds `path`. */
export function parentOf<P extends HostPath | GuestPath>(path: P): P {
  return posix.dirname(path) as P;
}

/** The last component of `path`. */
export function nameOf(path: HostPath | GuestPath): string {
  return posix.basename(path);
}

function trim(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
