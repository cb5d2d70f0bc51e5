/**
 * What `specify` may know of the machine: plain values, and a few look-ups handed in so that this room stays
 * pure. The real ones are in `system/host.ts`; tests build small ones in memory.
 */
import type { HostPath } from '../paths.ts';
import type { Env, TerminalSize } from './run-spec.ts';

export type EntryKind = 'directory' | 'file' | 'symlink' | 'device' | 'other';

export interface Entry {
  readonly kind: EntryKind;
  /** Permission bits. */
  readonly mode: number;
}

/** Looks at the host's files; absence, also by lack of rights, is `undefined`. */
export interface FileView {
  /** What `path` itself is. */
  lstat(path: HostPath): Entry | undefined;
  /** Where the symlink `path` points, as written. */
  readlink(path: HostPath): string | undefined;
  /** The first `bytes` bytes of a file. */
  readHead(path: HostPath, bytes: number): Uint8Array | undefined;
  readText(path: HostPath): string | undefined;
  /** `path` with every symlink of the host resolved. */
  realPath(path: HostPath): HostPath | undefined;
  /** Whether the host lets this user execute the file; absent: nobody knows. */
  mayExecute?(path: HostPath): boolean;
}

export interface RunHost {
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly home: HostPath;
  readonly env: Env;
  readonly hostname: string;
  /** GOARCH name of the CPU, such as `amd64`. */
  readonly architecture: string;
  /** CPUs this process may use. */
  readonly cpus: readonly number[];
  /** Standard input and output are both terminals. */
  readonly terminal: boolean;
  readonly terminalSize?: TerminalSize;
  /** GOARCH names of foreign CPUs whose programs the kernel can start through binfmt_misc. */
  readonly foreignArchitectures: readonly string[];
  readonly files: FileView;
  /** A port of this host that nobody uses now. */
  freePort(protocol: 'tcp' | 'udp'): number | undefined;
}
