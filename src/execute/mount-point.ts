/**
 * Makes directories and files inside a container's root without ever leaving it: each component is opened with
 * O_NOFOLLOW below the descriptor of the one before, so a symlink that appears meanwhile is refused, not followed.
 */
import { UdockerError } from '../errors.ts';
import { type GuestPath, type HostPath, hostPath, under } from '../paths.ts';
import { type DirectoryHandle, openRoot } from '../system/beneath.ts';
import { appendText } from '../system/directory-entries.ts';

/**
 * Makes `target` (free of symlinks) and the directories above it, where missing. What is made is written down in
 * `list`, if there is one: host paths, each ended by NUL, for whoever tidies up. Throws STORAGE.
 */
export function makeMountPoint(
  root: HostPath,
  target: GuestPath,
  kind: 'directory' | 'file',
  list?: HostPath,
): void {
  const names = target.split('/').filter((name) => name !== '');
  const last = names.pop();
  if (last === undefined) return;
  let path: string = root;
  const at = (name: string) => {
    path = under(hostPath(path), name);
    const made = path;
    return () => {
      if (list !== undefined) appendText(list, `${made}\0`);
    };
  };
  let handle: DirectoryHandle | undefined;
  try {
    handle = openRoot(root);
    for (const name of names) handle = handle.enter(name, at(name));
    if (kind === 'directory') handle = handle.enter(last, at(last));
    else handle.makeFile(last, at(last));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UdockerError('STORAGE', `making ${target} in the container ${root}: ${why}`, {
      cause,
      hint: 'see what is there with: udocker inspect -p CONTAINER',
    });
  } finally {
    handle?.close();
  }
}
