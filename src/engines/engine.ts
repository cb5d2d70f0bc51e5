/**
 * The seam between what to run and how. A new engine is one file, one line in the table, one test of its plans.
 */
import type { GuestPath, HostPath } from '../paths.ts';
import type { Env, RunSpec } from '../run/run-spec.ts';

export type EngineName = 'native' | 'proot' | 'runc' | 'crun' | 'fakechroot' | 'singularity';

/** Something a user can ask for that not every engine can give. */
export type Feature =
  | 'root-emulation'
  | 'other-user'
  | 'readonly-mounts'
  | 'file-mounts'
  | 'device-mounts'
  | 'ports'
  | 'hostname'
  | 'kernel-release'
  | 'cpus'
  | 'kill-on-exit'
  | 'seccomp-acceleration';

/** What an engine wants done to a root filesystem before it can run it, bottom first. */
export type Transform = 'host-symlinks' | 'private-loader' | 'private-elf' | 'proot-inside';

export interface Engine {
  readonly name: EngineName;
  readonly needs: readonly Transform[];
  /** Looks, through `probe`, but changes nothing; says why not and what to do about it. */
  detect(host: HostFacts, probe: Probe): Promise<Detection>;
  /** Never reads the disk: the same input gives the same plan. */
  plan(spec: RunSpec, found: Available): ExecPlan;
}

export interface Available {
  readonly kind: 'available';
  readonly executable: HostPath;
  readonly version: string;
  readonly features: ReadonlySet<Feature>;
}
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
  readonly hint: string;
}
export type Detection = Available | Unavailable;

/** What detection knows about the host without asking. */
export interface HostFacts {
  readonly architecture: string;
  /** `uname -r`. */
  readonly kernelRelease: string;
  readonly uid: number;
  readonly gid: number;
  readonly environment: Env;
  /** Where the repository keeps engine programs (`bin/`). */
  readonly binDirectory: HostPath;
  /** Where engines may put what does not outlive the boot (locks, runtime state). */
  readonly runtimeDirectory: HostPath;
  readonly cgroups: 'v1' | 'v2' | 'hybrid' | 'none';
}

/** The narrow window through which engines look at the machine. */
export interface Probe {
  /** The file that `name` (or, with a slash, that path) would execute; undefined when there is none. */
  findExecutable(name: string): HostPath | undefined;
  /** Runs a program for at most `timeoutMs`, its input empty; never throws for a failing program. */
  run(file: HostPath, args: readonly string[], options?: ProbeOptions): Promise<ProbeResult>;
}
export interface ProbeOptions {
  readonly env?: Env;
  readonly timeoutMs?: number;
}
export interface ProbeResult {
  /** Exit status, or 128 + signal; undefined when it could not be started or ran out of time. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A new need is a new line here and one function in `execute/`. */
export type Step =
  | { readonly do: 'make-directory'; readonly path: HostPath; readonly mode: number }
  | { readonly do: 'write-file'; readonly path: HostPath; readonly content: string; readonly mode: number }
  | {
      readonly do: 'make-mount-point';
      readonly root: HostPath;
      readonly target: GuestPath;
      readonly kind: 'directory' | 'file';
    }
  | { readonly do: 'remove'; readonly path: HostPath };

export interface ExecPlan {
  readonly engine: EngineName;
  readonly setup: readonly Step[];
  readonly command: Command;
  /** Carried out whatever happened. Empty when the process may become the engine. */
  readonly teardown: readonly Step[];
  /** Asked for, but this engine cannot. */
  readonly ignored: readonly { readonly feature: Feature; readonly reason: string }[];
}

export interface Command {
  readonly file: HostPath;
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: Env;
  readonly cwd?: HostPath;
}

export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: NodeJS.Signals };
