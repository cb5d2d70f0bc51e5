/** A file system in memory for the pure rooms: paths to what is there. */
import { type HostPath, hostPath } from '../../src/paths.ts';
import type { Entry, FileView } from '../../src/run/facts.ts';

export type MemoryEntry =
  | { readonly kind: 'directory' | 'device' }
  | { readonly kind: 'symlink'; readonly to: string }
  | { readonly kind: 'file'; readonly content: string | Uint8Array; readonly mode?: number };

/** Directories above an entry exist by themselves. */
export function memoryFiles(entries: Readonly<Record<string, MemoryEntry>>): FileView {
  const at = (path: string): MemoryEntry | undefined => {
    const entry = entries[path];
    if (entry !== undefined || path === '/') return entry ?? { kind: 'directory' };
    return Object.keys(entries).some((key) => key.startsWith(`${path}/`)) ? { kind: 'directory' } : undefined;
  };
  const bytes = (path: HostPath) => {
    const entry = at(path);
    if (entry?.kind !== 'file') return undefined;
    return typeof entry.content === 'string' ? new TextEncoder().encode(entry.content) : entry.content;
  };
  return {
    lstat(path): Entry | undefined {
      const entry = at(path);
      if (entry === undefined) return undefined;
      return { kind: entry.kind, mode: entry.kind === 'file' ? (entry.mode ?? 0o755) : 0o755 };
    },
    readlink(path) {
      const entry = at(path);
      return entry?.kind === 'symlink' ? entry.to : undefined;
    },
    readHead: (path, length) => bytes(path)?.subarray(0, length),
    readText: (path) => {
      const content = bytes(path);
      return content === undefined ? undefined : new TextDecoder().decode(content);
    },
    realPath: (path) => (at(path) === undefined ? undefined : hostPath(path)),
  };
}

/** A little-endian ELF header with, if asked for, one program header that names a loader. */
export function elfFile(machine: number, bits: 32 | 64, loader?: string): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, 1, 1]);
  view.setUint16(18, machine, true);
  const [table, entrySize] = [64, bits === 64 ? 56 : 32];
  if (bits === 64) view.setBigUint64(32, BigInt(table), true);
  else view.setUint32(28, table, true);
  view.setUint16(bits === 64 ? 54 : 42, entrySize, true);
  view.setUint16(bits === 64 ? 56 : 44, loader === undefined ? 0 : 1, true);
  if (loader === undefined) return bytes;
  view.setUint32(table, 3, true);
  const size = loader.length + 1;
  if (bits === 64) {
    view.setBigUint64(table + 8, 160n, true);
    view.setBigUint64(table + 32, BigInt(size), true);
  } else {
    view.setUint32(table + 4, 160, true);
    view.setUint32(table + 16, size, true);
  }
  bytes.set(new TextEncoder().encode(loader), 160);
  return bytes;
}
