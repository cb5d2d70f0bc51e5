/**
 * Two calls that the runtime does not offer, made through ffi: lsetxattr(2) and mkfifo(3). Where there is no ffi
 * (another runtime, a host that forbids making code at run time) both answer `false`: not done.
 */
import { Buffer } from 'node:buffer';
import { libcWith } from './libc.ts';
import type { HostName } from './tree.ts';

const libc = libcWith({
  lsetxattr: { args: ['ptr', 'ptr', 'ptr', 'u64', 'i32'], returns: 'i32' },
  mkfifo: { args: ['ptr', 'u32'], returns: 'i32' },
});

/** Sets an extended attribute of `path` itself; false when the file system or the kernel refuses it. */
export function setExtendedAttribute(path: HostName, name: string, value: Buffer): boolean {
  // ffi cannot take the address of an empty buffer; with size 0 the kernel does not look at it.
  const data = value.length === 0 ? null : value;
  return libc()?.lsetxattr(terminated(path), terminated(name), data, BigInt(value.length), 0) === 0;
}

/** Makes a fifo (the umask applies to `mode`); false when that is refused. */
export function makeFifo(path: HostName, mode: number): boolean {
  return libc()?.mkfifo(terminated(path), mode) === 0;
}

function terminated(path: HostName): Buffer {
  return Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.of(0)]);
}
