/**
 * Two calls that the runtime does not offer, made through ffi: lsetxattr(2) and mkfifo(3). Where there is no ffi
 * (another runtime, a host that forbids making code at run time) both answer `false`: not done.
 */
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import type { HostName } from './tree.ts';

interface Calls {
  readonly lsetxattr: (
    path: Buffer,
    name: Buffer,
    value: Buffer | null,
    size: bigint,
    flags: number,
  ) => number;
  readonly mkfifo: (path: Buffer, mode: number) => number;
}

let calls: Calls | 'unavailable' | undefined;

/** Sets an extended attribute of `path` itself; false when the file system or the kernel refuses it. */
export function setExtendedAttribute(path: HostName, name: string, value: Buffer): boolean {
  const found = load();
  if (found === 'unavailable') return false;
  // ffi cannot take the address of an empty buffer; with size 0 the kernel does not look at it.
  const data = value.length === 0 ? null : value;
  return found.lsetxattr(terminated(path), terminated(name), data, BigInt(value.length), 0) === 0;
}

/** Makes a fifo (the umask applies to `mode`); false when that is refused. */
export function makeFifo(path: HostName, mode: number): boolean {
  const found = load();
  return found !== 'unavailable' && found.mkfifo(terminated(path), mode) === 0;
}

function load(): Calls | 'unavailable' {
  calls ??= open();
  return calls;
}

function open(): Calls | 'unavailable' {
  if (typeof Bun === 'undefined') return 'unavailable';
  const { dlopen } = createRequire(import.meta.url)('bun:ffi') as typeof import('bun:ffi');
  for (const library of ['libc.so.6', 'libc.so']) {
    try {
      return dlopen(library, {
        lsetxattr: { args: ['ptr', 'ptr', 'ptr', 'u64', 'i32'], returns: 'i32' },
        mkfifo: { args: ['ptr', 'u32'], returns: 'i32' },
      }).symbols as unknown as Calls;
    } catch {
      // The next name; a host with neither simply cannot do this.
    }
  }
  return 'unavailable';
}

function terminated(path: HostName): Buffer {
  return Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.of(0)]);
}
