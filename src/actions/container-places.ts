/** Files of ours beside a container's ROOT. The first udocker ignores them. */
import { type HostPath, under } from '../paths.ts';

/** Ownership and modes that the disk cannot hold for an unprivileged user; written at extraction. */
export function ownersFileOf(containerDirectory: HostPath): HostPath {
  return under(containerDirectory, 'owners');
}

/** What the native engine keeps of a container. */
export function stateOf(containerDirectory: HostPath): HostPath {
  return under(containerDirectory, '.udocker', 'native');
}
