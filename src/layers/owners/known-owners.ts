/**
 * Who owns what in a container, as its programs see it: the engine's table where it has one of this tree, the list
 * beside the root before that, and otherwise the disk, where files of the user are root's, as the engine shows them.
 */
import type { HostPath } from '../../paths.ts';
import type { ByteString } from '../../system/byte-string.ts';
import { readBytes } from '../../system/files.ts';
import { exactStat, type NodeStats } from '../../system/read-tree.ts';
import { type Ownership, parseOwners } from './list.ts';
import { isDevice, type OwnersTable, parseOwnersTable } from './table.ts';

/** Where the facts are (host paths); files that do not exist say nothing. */
export interface OwnerFiles {
  readonly root: HostPath;
  readonly list: HostPath;
  readonly table: HostPath;
}

export interface KnownOwners {
  /** Of the file at `path` of the root, whose state on disk is `stats`. */
  of(path: ByteString, stats: NodeStats): Ownership;
}

/** Reads what is known. The user whose files are root's is he who owns the root. Throws the kernel's errors. */
export function knownOwners({ root, list, table }: OwnerFiles): KnownOwners {
  const rootStats = exactStat(root);
  const listBytes = readBytes(list);
  const tableBytes = readBytes(table);
  const known =
    tableBytes === undefined || rootStats === undefined ? undefined : parseOwnersTable(tableBytes, rootStats);
  // The engine takes a list over that is not the one it took last: until then that counts more.
  const pending =
    listBytes === undefined || isTakenOver(known, exactStat(list)) ? undefined : parseOwners(listBytes);
  return {
    of: (path, stats) => {
      const listed = pending?.get(path);
      if (listed !== undefined && fits(listed.mode, stats.mode)) return listed;
      const record = stats.device === rootStats?.device ? known?.find(stats) : undefined;
      if (record !== undefined) return { ...record, mode: record.mode === 0 ? stats.mode : record.mode };
      return { ...shownIds(stats, rootStats), mode: stats.mode };
    },
  };
}

function isTakenOver(table: OwnersTable | undefined, list: NodeStats | undefined): boolean {
  if (table === undefined || list === undefined) return false;
  const [time, size, inode] = table.list;
  return time === list.mtimeNs && size === BigInt(list.size) && inode === list.inode;
}

/** The list is about a file of that type, or a device, which is an empty file on disk. */
function fits(listed: number, disk: number): boolean {
  const isFile = (disk & 0o170000) === 0o100000;
  return isDevice(listed) ? isFile : (listed & 0o170000) === (disk & 0o170000);
}

function shownIds({ uid, gid }: NodeStats, root: NodeStats | undefined): { uid: number; gid: number } {
  if (uid === root?.uid) return { uid: 0, gid: 0 };
  return { uid, gid: gid === root?.gid ? 0 : gid };
}
