/**
 * WHAT to run: a RunSpec is complete, nothing is left to look up. It is made by `specify` from a request, the
 * image configuration and facts about host and guest, and handed to an engine, which says HOW.
 */
import type { GuestPath, HostPath } from '../paths.ts';

export interface RunSpec {
  /** The directory that the process sees as `/`. */
  readonly root: HostPath;
  /** In the order in which they are mounted; later ones may lie inside earlier ones. */
  readonly mounts: readonly Mount[];
  readonly ports: readonly PortMapping[];
  readonly hostname?: string;
  /** What `uname -r` shall say; undefined for the host's own. */
  readonly kernelRelease?: string;
  /** CPU list for `sched_setaffinity`, such as `0,2-3`. */
  readonly cpus?: string;
  readonly process: Process;
  readonly guest: GuestFacts;
  readonly container: ContainerFacts;
  /** Everything of the container ends with its first process. */
  readonly killOnExit: boolean;
}

export interface Process {
  /** The program, looked up in the guest's PATH; `args[0]` stays as the user wrote it. */
  readonly file: GuestPath;
  readonly args: readonly [string, ...string[]];
  readonly env: Env;
  readonly cwd: GuestPath;
  readonly user: User;
  readonly terminal: boolean;
}

export type Env = Readonly<Record<string, string>>;

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly name: string;
  readonly home: GuestPath;
}

export interface Mount {
  readonly source: HostPath;
  readonly target: GuestPath;
  readonly readonly: boolean;
  readonly kind: 'directory' | 'file' | 'device';
}

export interface PortMapping {
  readonly host: number;
  readonly guest: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Read from the root filesystem. */
export interface GuestFacts {
  readonly libc: 'glibc' | 'musl' | 'none';
  /** The ELF interpreter of the program, if it has one. */
  readonly loader?: GuestPath;
}

/** Where an engine may keep things that belong to this container. */
export interface ContainerFacts {
  /** The id, or a name made from the path with `--location`. */
  readonly id: string;
  /** The container's own directory (beside ROOT); undefined with `--location`. */
  readonly directory?: HostPath;
  /** A directory for engine state, made before the engine starts. */
  readonly stateDirectory: HostPath;
  /** Ownership recorded at extraction; may not exist. */
  readonly ownersFile: HostPath;
}
