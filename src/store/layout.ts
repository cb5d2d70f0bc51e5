/**
 * Where the parts of a repository lie. Usually under one directory, but each may be somewhere else, as users of
 * clusters do: images shared and read-only, containers on scratch space.
 */
import { type HostPath, under } from '../paths.ts';

export interface StoreLayout {
  readonly top: HostPath;
  readonly bin: HostPath;
  readonly lib: HostPath;
  readonly doc: HostPath;
  readonly repos: HostPath;
  readonly layers: HostPath;
  readonly containers: HostPath;
}

/** The layout of a repository whose parts all lie under `top`, the default of each part. */
export function layoutUnder(top: HostPath): StoreLayout {
  return {
    top,
    bin: under(top, 'bin'),
    lib: under(top, 'lib'),
    doc: under(top, 'doc'),
    repos: under(top, 'repos'),
    layers: under(top, 'layers'),
    containers: under(top, 'containers'),
  };
}
