/** A container's tree to be read: where it is, and where what is known of it beside the disk lies. */
import type { HostPath } from '../../paths.ts';

export interface TreeSource {
  readonly root: HostPath;
  /** The list of owners beside the root; need not exist. */
  readonly owners: HostPath;
  /** The native engine's directory; need not exist. */
  readonly state: HostPath;
  /** This prefix of symlinks stands for the container's root: what the F modes of the first udocker have put there. */
  readonly linkPrefix?: string;
}

/** What could not be taken along. */
export interface Omissions {
  sockets: number;
  devices: number;
  attributes: number;
  /** Files that were longer or shorter when they were read than a moment before. */
  changed: number;
}

export function noOmissions(): Omissions {
  return { sockets: 0, devices: 0, attributes: 0, changed: 0 };
}

/** The target of a symlink as the container means it. */
export function guestTarget<T extends string>(target: T, { linkPrefix }: TreeSource): T {
  if (linkPrefix === undefined || !target.startsWith(`${linkPrefix}/`)) return target;
  return target.slice(linkPrefix.length) as T;
}
