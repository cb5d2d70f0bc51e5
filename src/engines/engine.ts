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
  | 'mount-points'
  | 'ports'
  | 'hostname'
  | 'kernel-release'
  | 'kill-on-exit'
  | 'seccomp-acceleration';

/** What an engine wants done to a root filesystem before it can run it, bottom first. */
export type Transform = 'host-symlinks' | 'private-loader' | 'private-elf';

export interface Engine {
  readonly name: EngineName;
  readonly needs: readonly Transform[];
  /** Looks, through `probe`, but changes nothing of the user's; says why not and what to do about it. */
  detect(host: HostFacts, probe: Probe): Promise<Detection>;
  /**
   * Never reads the disk: the same input gives the same plan. Throws UNSUPPORTED, STORAGE or NOT_EXECUTABLE
   * for what the user asked and this engine cannot do without being wrong.
   */
  plan(spec: RunSpec, found: Available, host: HostFacts): ExecPlan;
}

export interface Available {
  readonly kind: 'available';
  readonly executable: HostPath;
  readonly version: string;
  readonly features: ReadonlySet<Feature>;
  /** Other programs of the host that the plan needs, by name. */
  readonly helpers: Readonly<Record<string, HostPath>>;
  /** What the probe found out about this host and the plan has to respect, such as `bind-proc`. */
  readonly quirks: ReadonlySet<string>;
}
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly reason: string;
  readonly hint: string;
}
export type Detection = Available | Unavailable;

/** What detection knows about the host without asking. */
export interface HostFacts {
  /** `uname -m`. */
  readonly machine: string;
  /** `uname -r`. */
  readonly kernelRelease: string;
  /** Changes at every boot. */
  readonly bootId: string;
  readonly uid: number;
  readonly gid: number;
  readonly environment: Env;
  /** Programs named by the configuration or UDOCKER_USE_..._EXECUTABLE: a path, or `UDOCKER` for bin/ only. */
  readonly chosen: Readonly<Partial<Record<'proot' | 'runc' | 'singularity', string>>>;
  /** The native engine's program, which is also the supervisor of the others, where this build carries it. */
  readonly nativeEngine?: HostPath;
  /** Open descriptors above the three streams that are meant for the program (see PMI_FD). */
  readonly inherited: readonly number[];
  /** Where the repository keeps engine programs (`bin/`). */
  readonly binDirectory: HostPath;
  /** Where engines may put what does not outlive the boot (locks, runtime state). */
  readonly runtimeDirectory: HostPath;
  /** For PRoot's own temporary files. */
  readonly temporaryDirectory: HostPath;
  readonly cgroups: 'v1' | 'v2' | 'hybrid' | 'none';
  /** Names this run among all runs of this user, such as `4711-k3f9`. */
  readonly invocation: string;
}

/** The narrow window through which engines look at the machine. */
export interface Probe {
  /** The file that `name` (or, with a slash, that path) would execute; undefined when there is none. */
  findExecutable(name: string): HostPath | undefined;
  /** The directory that `path` leads to, all symlinks resolved; undefined when there is none. */
  findDirectory(path: string): HostPath | undefined;
  /** The first bytes of a file; undefined when it cannot be read. */
  readHead(path: HostPath, bytes: number): Uint8Array | undefined;
  /** Whether the bytes of `text` occur in a file; false when it cannot be read. */
  contains(path: HostPath, text: string): boolean;
  /** Writes `files` into a fresh directory, hands it to `use`, and removes it. */
  withScratch<T>(
    files: Readonly<Record<string, string>>,
    use: (directory: HostPath) => Promise<T>,
  ): Promise<T>;
  /** Runs a program for a limited time, its input empty; never throws for a failing program. */
  run(file: HostPath, args: readonly string[], options?: ProbeOptions): Promise<ProbeResult>;
}
export interface ProbeOptions {
  readonly env?: Env;
  /** Default 10 s. */
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
      /** Where what is made is written down, because it is no part of the container. */
      readonly list?: HostPath;
      /** Whatever has the name already will do, also a symlink. */
      readonly unlessThere?: true;
    }
  /** Keeps the newest `keep` entries of a directory; nobody needs a bundle once its container has started. */
  | { readonly do: 'prune-directory'; readonly path: HostPath; readonly keep: number }
  | { readonly do: 'remove'; readonly path: HostPath };

export interface ExecPlan {
  readonly engine: EngineName;
  readonly setup: readonly Step[];
  readonly command: Command;
  /** Carried out whatever happened. */
  readonly teardown: readonly Step[];
  readonly conduct: Conduct;
  /** What udocker becomes where it cannot become the command; without it, udocker itself stays. */
  readonly supervisor?: Supervisor;
  /** Asked for, but this engine cannot. */
  readonly ignored: readonly { readonly feature: Feature; readonly reason: string }[];
}

/** How the engine's process behaves towards whoever started it. */
export type Conduct =
  /** Its signals and its exit status are those of the program: udocker may become it. */
  | { readonly kind: 'transparent' }
  /**
   * It stands between; somebody has to see to signals. `through-engine`: it passes signals on, but the program
   * is process 1 of a namespace, where the kernel drops every signal left at its default. `around-engine`: it
   * ignores signals, so they go to its child; `lostStatus` is what it exits with when the program was killed.
   * `resizes`: a changed terminal size reaches the program's own terminal.
   */
  | { readonly kind: 'through-engine'; readonly resizes: boolean }
  | { readonly kind: 'around-engine'; readonly lostStatus: number }
  /**
   * It ends once the program runs as process 1 of a namespace, left to its supervisor; needs one. `console`: in
   * place of ours the program gets a terminal of its own, which the supervisor copies.
   */
  | { readonly kind: 'leaves-program'; readonly console: boolean };

/** A small program of ours that starts the command, sees to signals, tidies up, and ends as the program did. */
export interface Supervisor {
  readonly file: HostPath;
  /** Its plan; `--` and the command follow. */
  readonly words: readonly string[];
}

export interface Command {
  readonly file: HostPath;
  /** Without the program's own name. */
  readonly args: readonly string[];
  readonly env: Env;
  /** CPU numbers to run on; undefined for all. */
  readonly cpus?: readonly number[];
  /** System calls that shall fail with ENOSYS for the engine and all below it, because it misreads them. */
  readonly hiddenCalls?: readonly HiddenCall[];
}

/** Calls with a path that came after engines were written which pass on what they do not know. */
export const hideableCalls = ['statx', 'faccessat2', 'openat2', 'execveat', 'fchmodat2'] as const;
export type HiddenCall = (typeof hideableCalls)[number];

export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: NodeJS.Signals };
