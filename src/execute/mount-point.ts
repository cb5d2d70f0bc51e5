/**
 * Makes directories and files inside a container's root without ever leaving it: each component is opened with
 * O_NOFOLLOW below the descriptor of the one before, so a symlink that appears meanwhile is refused, not followed.
 */
import { UdockerError } from '../errors.ts';
import type { GuestPath, HostPath } from '../paths.ts';
import { type DirectoryHandle, openRoot } from '../system/beneath.ts';

/** Makes `target` (free of symlinks) and the directories above it, where missing. Throws STORAGE. */
export function makeMountPoint(root: HostPath, target: GuestPath, kind: 'directory' | 'file'): void {
  const names = target.split('/').filter((name) => name !== '');
  const last = names.pop();
  if (last === undefined) return;
  let at: DirectoryHandle | undefined;
  try {
    at = openRoot(root);
    for (const name of names) at = at.enter(name);
    if (kind === 'directory') at = at.enter(last);
    else at.makeFile(last);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UdockerError('STORAGE', `making ${target} in the container ${root}: ${why}`, {
      cause,
      hint: 'see what is there with: udocker inspect -p CONTAINER',
    });
  } finally {
    at?.close();
  }
}
