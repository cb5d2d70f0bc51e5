/**
 * System calls about processes that the portable API lacks, through bun:ffi: what survives an
 * exec, CPU affinity, the terminal's foreground group, and how a process that is not our child ended. Loaded
 * only by a run that needs one of them. Under Node there is no ffi: each function says what happens then.
 */
import { ffi, libcWith } from './libc.ts';

const int = 'i32';
const libc = libcWith({
  fcntl: { args: [int, int, 'i64'], returns: int },
  sched_setaffinity: { args: [int, 'u64', 'ptr'], returns: int },
  tcgetpgrp: { args: [int], returns: int },
  getpgrp: { args: [], returns: int },
  syscall: { args: ['i64', 'i64', 'i64', 'i64'], returns: 'i64' },
  ioctl: { args: [int, 'u64', 'ptr'], returns: int },
  prctl: { args: [int, 'u64', 'u64', 'u64', 'u64'], returns: int },
  tcgetattr: { args: [int, 'ptr'], returns: int },
  tcsetattr: { args: [int, int, 'ptr'], returns: int },
});

/** Lets the descriptor `fd` survive an exec. Nothing happens under Node. */
export function keepOpen(fd: number): void {
  const setFlags = 2;
  libc()?.fcntl(fd, setFlags, 0n);
}

/** Binds this thread, and what it starts, to CPUs given by number. False when the kernel refuses, or on Node. */
export function setAffinity(cpus: readonly number[]): boolean {
  const mask = new Uint8Array(1024);
  for (const cpu of cpus) mask[cpu >> 3] = (mask[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  return libc()?.sched_setaffinity(0, BigInt(mask.length), mask) === 0;
}

/** Numbers since Linux 5.1 are the same everywhere. Source: the kernel's syscall tables. */
const callNumbers: Readonly<Record<string, { readonly x64: number; readonly arm64: number }>> = {
  execveat: { x64: 322, arm64: 281 },
  statx: { x64: 332, arm64: 291 },
  openat2: { x64: 437, arm64: 437 },
  faccessat2: { x64: 439, arm64: 439 },
  fchmodat2: { x64: 452, arm64: 452 },
};
const auditArchitecture = { x64: 0xc000003e, arm64: 0xc00000b7 };

/**
 * Makes system calls fail with ENOSYS for what this thread starts from now on, by a seccomp filter. False when
 * the kernel has no filters, on other CPUs, and on Node. Sources: seccomp(2), linux/filter.h.
 */
export function hideSystemCalls(names: readonly string[]): boolean {
  const cpu = process.arch;
  const calls = libc();
  if (calls === undefined || (cpu !== 'x64' && cpu !== 'arm64')) return false;
  const numbers = names.flatMap((name) => callNumbers[name]?.[cpu] ?? []);
  const program = filterProgram(auditArchitecture[cpu], numbers);
  const header = new BigUint64Array([BigInt(program.length / 8), BigInt(ffi().ptr(program))]);
  const [setNoNewPrivileges, setSeccomp, modeFilter] = [38, 22, 2n];
  if (calls.prctl(setNoNewPrivileges, 1n, 0n, 0n, 0n) !== 0) return false;
  return calls.prctl(setSeccomp, modeFilter, BigInt(ffi().ptr(header)), 0n, 0n) === 0;
}

/** Classic BPF: other CPUs' calls and other numbers pass, the given numbers get ENOSYS. */
function filterProgram(architecture: number, numbers: readonly number[]): Uint8Array {
  const [load, jumpIfEqual, answer] = [0x20, 0x15, 0x06];
  const [allow, noSuchCall] = [0x7fff0000, 0x00050000 | 38];
  const count = numbers.length;
  const instructions: readonly (readonly [code: number, ifTrue: number, ifFalse: number, value: number])[] = [
    [load, 0, 0, 4],
    [jumpIfEqual, 0, count + 1, architecture],
    [load, 0, 0, 0],
    ...numbers.map((number, index) => [jumpIfEqual, count - index, 0, number] as const),
    [answer, 0, 0, allow],
    [answer, 0, 0, noSuchCall],
  ];
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    view.setUint16(index * 8, code, true);
    bytes.set([ifTrue, ifFalse], index * 8 + 2);
    view.setUint32(index * 8 + 4, value, true);
  }
  return bytes;
}

/** Whether this process is in the foreground group of the terminal `fd`: its keys signal all of the group. */
export function inForeground(fd: number): boolean {
  const calls = libc();
  return calls !== undefined && calls.tcgetpgrp(fd) === calls.getpgrp();
}

/** The settings of the terminal `fd`, to be given back to `restoreTerminal`; undefined when it is none. */
export function saveTerminal(fd: number): Uint8Array | undefined {
  const settings = new Uint8Array(256);
  return libc()?.tcgetattr(fd, settings) === 0 ? settings : undefined;
}

/** Restores what `saveTerminal` saved. */
export function restoreTerminal(fd: number, settings: Uint8Array): void {
  const whenDrained = 1;
  libc()?.tcsetattr(fd, whenDrained, settings);
}

/** The same on every CPU we run on. Source: linux/include/uapi/asm-generic/ioctls.h. */
const getWindowSize = 0x5413n;
const setWindowSize = 0x5414n;

/** Size of the terminal `fd`; undefined when it is none or has no size. */
export function terminalSize(fd: number): { readonly columns: number; readonly rows: number } | undefined {
  const size = new Uint16Array(4);
  if (libc()?.ioctl(fd, getWindowSize, size) !== 0) return undefined;
  const [rows = 0, columns = 0] = size;
  return rows === 0 || columns === 0 ? undefined : { columns, rows };
}

/** Gives the terminal `to` the size of the terminal `from`; the kernel tells the programs on it. */
export function copyTerminalSize(from: number, to: number): void {
  const size = new Uint16Array(4);
  if (libc()?.ioctl(from, getWindowSize, size) === 0) libc()?.ioctl(to, setWindowSize, size);
}

/** rt_sigqueueinfo. Source: the kernel's syscall tables. */
const queueInfo = { x64: 129n, arm64: 138n };

/** Queues signal `number` with an integer for process `pid`; false when it could not be done, and under Node. */
export function queueSignal(pid: number, number: number, value: number): boolean {
  const calls = libc();
  const cpu = process.arch;
  if (calls === undefined || (cpu !== 'x64' && cpu !== 'arm64')) return false;
  const info = new Int32Array(32);
  const fromProcess = -1;
  info.set([number, 0, fromProcess, 0, process.pid, process.getuid?.() ?? 0, value]);
  return calls.syscall(queueInfo[cpu], BigInt(pid), BigInt(number), BigInt(ffi().ptr(info))) === 0n;
}

/** pidfd_open has the same number on every CPU. Source: linux/include/uapi/asm-generic/unistd.h. */
const pidfdOpen = 434n;
/** _IOWR(0xFF, 11, struct pidfd_info of 64 bytes). Source: linux/include/uapi/linux/pidfd.h. */
const pidfdGetInfo = 0xc040ff0bn;
const pidfdInfoExit = 8n;

/** A descriptor for process `pid`, whoever's child it is; undefined on kernels before 5.3, and on Node. */
export function openPidfd(pid: number): number | undefined {
  const fd = Number(libc()?.syscall(pidfdOpen, BigInt(pid), 0n, 0n) ?? -1n);
  return fd < 0 ? undefined : fd;
}

/** The wait status of the ended process behind `pidfd`; undefined before it ended, or on kernels before 6.15. */
export function endOf(pidfd: number): number | undefined {
  const info = new Uint8Array(64);
  const view = new DataView(info.buffer);
  view.setBigUint64(0, pidfdInfoExit, true);
  if (libc()?.ioctl(pidfd, pidfdGetInfo, info) !== 0) return undefined;
  if ((view.getBigUint64(0, true) & pidfdInfoExit) === 0n) return undefined;
  return view.getInt32(60, true);
}
