/**
 * WHAT to run: a RunSpec is complete, nothing is left to look up. It is made by `specify` from a request, the
 * image configuration and facts about host and guest, and handed to an engine, which says HOW.
 */
import type { GuestPath, HostPath } from '../paths.ts';

export interface RunSpec {
  /** The directory that the process sees as `/`. */
  readonly root: HostPath;
  /** False when this user may not create entries in `root` (a shared or read-only repository). */
  readonly rootWritable: boolean;
  /** In the order in which they are mounted; later ones may lie inside earlier ones. */
  readonly mounts: readonly Mount[];
  readonly ports: readonly PortMapping[];
  /** What the guest shall call the host; `requested` when the user asked for it. */
  readonly hostname: { readonly name: string; readonly requested: boolean };
  /** What `uname -r` shall say; undefined for the host's own. */
  readonly kernelRelease?: string;
  /** CPU numbers for `sched_setaffinity`; undefined for all. */
  readonly cpus?: readonly number[];
  readonly process: Process;
  readonly guest: GuestFacts;
  readonly container: ContainerFacts;
  /** Files made for this run, outside the root; their names carry their content's fingerprint. */
  readonly files: readonly GeneratedFile[];
  /** Directories to make inside the root before the start, such as a missing working directory. */
  readonly directories: readonly GuestPath[];
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
  /** Standard input and output are both terminals. */
  readonly terminal: boolean;
  /** Of that terminal at the start; undefined when unknown. */
  readonly terminalSize?: TerminalSize;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export type Env = Readonly<Record<string, string>>;

export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, without `gid`. */
  readonly groups: readonly number[];
  readonly name: string;
  readonly home: GuestPath;
}

export interface Mount {
  readonly source: HostPath;
  /** Free of symlinks: resolved inside the container. */
  readonly target: GuestPath;
  readonly readonly: boolean;
  readonly kind: MountKind;
  /** Why it is there: engines supply some system mounts themselves, and drop one that has no mount point. */
  readonly origin: 'system' | 'volume' | 'device' | 'account';
  /** Whether the target is already there to be mounted on. */
  readonly targetExists: boolean;
}
export type MountKind = 'directory' | 'file' | 'device';

export interface PortMapping {
  readonly host: number;
  readonly guest: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Read from the root filesystem. */
export interface GuestFacts {
  readonly libc: 'glibc' | 'musl' | 'none';
  /** 32 when the program, or the interpreter of the script, is a 32-bit one. */
  readonly bits: 32 | 64;
  /** The ELF interpreter of the program, if it has one. */
  readonly loader?: GuestPath;
}

export interface GeneratedFile {
  readonly path: HostPath;
  readonly content: string;
  readonly mode: number;
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
