/**
 * What the user asks of `run`, already parsed: words of the command line have become types, nothing has been
 * looked up yet.
 */
import type { HostPath } from '../paths.ts';
import type { CpuList } from './parse-cpus.ts';
import type { DeviceRequest } from './parse-device.ts';
import type { EnvEntry } from './parse-env.ts';
import type { PublishRequest } from './parse-publish.ts';
import type { UserRequest } from './parse-user.ts';
import type { VolumeRequest } from './parse-volume.ts';

export interface RunRequest {
  /** Words after the container, empty ones included. */
  readonly command: readonly string[];
  /** `--entrypoint`: replaces the image's entrypoint and drops its Cmd; empty text means none at all. */
  readonly entrypoint?: string;
  /** `-e`, in order. */
  readonly env: readonly EnvEntry[];
  /** `--env-file`, in order, already read (see `parseEnvFile`). */
  readonly envFiles: readonly (readonly EnvEntry[])[];
  readonly hostEnv: boolean;
  readonly user?: UserRequest;
  readonly workdir?: string;
  readonly volumes: readonly VolumeRequest[];
  /** Host paths of mounts to leave out. */
  readonly novol: readonly string[];
  readonly noSysDirs: boolean;
  readonly noMeta: boolean;
  readonly hostAuth: boolean;
  readonly containerAuth: boolean;
  readonly bindHome: boolean;
  readonly dri: boolean;
  readonly devices: readonly DeviceRequest[];
  readonly publish: readonly PublishRequest[];
  readonly publishAll: boolean;
  readonly cpus?: CpuList;
  readonly kernel?: string;
  readonly hostname?: string;
  /** Accepted for callers written for Docker; udocker has nothing to do for them but to say so. */
  readonly gpus?: string;
  readonly shmSize?: string;
}

/** A request that asks for nothing. */
export const emptyRequest: RunRequest = {
  command: [],
  env: [],
  envFiles: [],
  hostEnv: false,
  volumes: [],
  novol: [],
  noSysDirs: false,
  noMeta: false,
  hostAuth: false,
  containerAuth: false,
  bindHome: false,
  dri: false,
  devices: [],
  publish: [],
  publishAll: false,
};

/** Lists that come from the configuration. */
export interface RunDefaults {
  /** Host paths mounted at the same place in every container, those missing on the host left out. */
  readonly sysDirs: readonly string[];
  /** Host directories with drivers for direct rendering, for `--dri`. */
  readonly driDirs: readonly string[];
  readonly killOnExit: boolean;
}

/** The opened container, as far as a run needs it. */
export interface RunContainer {
  readonly id: string;
  readonly names: readonly string[];
  readonly directory?: HostPath;
  readonly root: HostPath;
  readonly rootWritable: boolean;
  readonly stateDirectory: HostPath;
  readonly ownersFile: HostPath;
  /** Such as `P1`; shown to programs inside as `container_execmode`. */
  readonly mode: string;
}
