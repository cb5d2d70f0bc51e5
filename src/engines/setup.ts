/** The parts of a plan that are the same for every engine. */

import { UdockerError } from '../errors.ts';
import { type HostPath, under } from '../paths.ts';
import type { Mount, RunSpec } from '../run/run-spec.ts';
import type { ExecPlan, Step } from './engine.ts';

/** Directories, generated files and the working directory, in that order. Throws STORAGE (see `workdir`). */
export function setupSteps(spec: RunSpec): Step[] {
  return [
    { do: 'make-directory', path: spec.container.stateDirectory, mode: 0o700 },
    ...spec.files.map((file): Step => ({ do: 'write-file', ...file })),
    ...spec.directories.map((target): Step => {
      if (!spec.rootWritable) throw readOnly(`make the working directory ${target}`);
      return { do: 'make-mount-point', root: spec.root, target, kind: 'directory' };
    }),
  ];
}

/** Where the native engine keeps what it knows of a container. */
export function nativeState({ container }: Pick<RunSpec, 'container'>): HostPath {
  return under(container.stateDirectory, 'native');
}

/** Where mount points that were made are written down. */
export function mountPointList(spec: Pick<RunSpec, 'container'>): HostPath {
  return under(nativeState(spec), 'mount-points');
}

/** Steps that make the mount points which do not exist yet, for mounts on the root itself. */
export function mountPointSteps(spec: RunSpec, mounts: readonly Mount[]): Step[] {
  const list = mountPointList(spec);
  return [
    { do: 'make-directory', path: nativeState(spec), mode: 0o700 },
    ...mounts
      .filter((mount) => !mount.targetExists)
      .map(({ target, kind }): Step => {
        return {
          do: 'make-mount-point',
          root: spec.root,
          target,
          kind: kind === 'directory' ? 'directory' : 'file',
          list,
        };
      }),
  ];
}

/**
 * The mounts that can be made: in a root that cannot be written, system mounts without a mount point are left
 * out and named in `ignored`. Throws STORAGE for such a mount that the user asked for.
 */
export function possibleMounts(spec: RunSpec): { mounts: readonly Mount[]; ignored: ExecPlan['ignored'] } {
  if (spec.rootWritable) return { mounts: spec.mounts, ignored: [] };
  const homeless = spec.mounts.filter((mount) => !mount.targetExists && !isInside(mount, spec.mounts));
  for (const mount of homeless) {
    if (mount.origin !== 'system') throw readOnly(`make the mount point ${mount.target}`);
  }
  return {
    mounts: spec.mounts.filter((mount) => !homeless.includes(mount)),
    ignored: homeless.map(({ target }) => ({
      feature: 'mount-points' as const,
      reason: `${target} is not mounted: the container cannot be written and has no such path`,
    })),
  };
}

/** Whether its mount point lies in another mount. */
export function isInside(mount: Mount, mounts: readonly Mount[]): boolean {
  return mounts.some((outer) => outer !== mount && mount.target.startsWith(`${outer.target}/`));
}

function readOnly(what: string): UdockerError {
  return new UdockerError('STORAGE', `cannot ${what}: this container cannot be written by you`, {
    hint: 'run it in mode P1, which needs no mount points, or make a container of your own with: udocker create',
  });
}
