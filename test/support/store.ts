/**
 * What tests of the store share: a repository in a temporary directory, images made of a few bytes, a source that
 * serves them with faults on demand, and child processes that can be killed at an awkward moment.
 */
import { dlopen } from 'bun:ffi';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BlobSource, Descriptor } from '../../src/oci/descriptor.ts';
import { type Digest, parseDigest } from '../../src/oci/digest.ts';
import type { ImageManifest } from '../../src/oci/manifest.ts';
import { mediaTypes } from '../../src/oci/media-type.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { type HostPath, hostPath, under } from '../../src/paths.ts';
import type { StoreEvent } from '../../src/store/events.ts';
import { layoutUnder } from '../../src/store/layout.ts';
import { openStore, type Store } from '../../src/store/store.ts';

const nobody = 65534;

export interface TestStore {
  readonly directory: HostPath;
  readonly top: HostPath;
  readonly store: Store;
  readonly events: StoreEvent[];
  remove(): void;
}

/** An empty repository. */
export function makeStore(): TestStore {
  const directory = temporaryDirectory();
  const top = under(directory, 'udocker');
  const events: StoreEvent[] = [];
  const store = openStore(layoutUnder(top), {
    whenMissing: 'create',
    onEvent: (event) => events.push(event),
  });
  return { directory, top, store, events, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A temporary directory that any account may enter. */
export function temporaryDirectory(): HostPath {
  const path = mkdtempSync(join(tmpdir(), 'udocker-store-'));
  chmodSync(path, 0o755);
  return hostPath(path);
}

export function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** Bytes that depend on `seed` alone. */
export function bytesOf(seed: string, size: number): Uint8Array<ArrayBuffer> {
  const block = createHash('sha512').update(seed).digest();
  return new Uint8Array(size).map((_, i) => (block[i % 64] ?? 0) ^ ((i >> 6) & 0xff));
}

export function blobOf(bytes: Uint8Array, mediaType = mediaTypes.ociLayerGzip): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

export interface TestSource extends BlobSource {
  /** The offsets at which each opening began. */
  readonly opened: number[];
}

export interface Faults {
  readonly chunkBytes?: number;
  readonly delayMs?: number;
  /** End quietly after this many bytes of the blob. */
  readonly endAt?: number;
  /** What is served in place of the right bytes. */
  readonly instead?: Uint8Array;
}

/** Serves `contents` by digest. */
export function sourceOf(contents: readonly Uint8Array[], faults: Faults = {}): TestSource {
  const byDigest = new Map(contents.map((bytes) => [digestOf(bytes), bytes]));
  const opened: number[] = [];
  return {
    opened,
    async open(blob, offset = 0) {
      opened.push(offset);
      const bytes = faults.instead ?? byDigest.get(blob.digest) ?? new Uint8Array();
      return chunks(bytes.subarray(0, faults.endAt), offset, faults);
    },
  };
}

async function* chunks(bytes: Uint8Array, offset: number, faults: Faults): AsyncGenerator<Uint8Array> {
  const { chunkBytes = 65_536, delayMs = 0 } = faults;
  for (let at = offset; at < bytes.length; at += chunkBytes) {
    if (delayMs > 0) await new Promise((done) => setTimeout(done, delayMs));
    yield bytes.subarray(at, at + chunkBytes);
  }
}

export interface TestImage {
  readonly manifest: ImageManifest;
  readonly manifestBytes: Uint8Array;
  readonly configText: string;
  readonly contents: readonly Uint8Array[];
}

/** An image with these layers; its diff ids are made up. */
export function imageOf(...layers: Uint8Array[]): TestImage {
  const configText = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: layers.map((bytes) => digestOf(bytes)) },
  });
  const configBytes = new TextEncoder().encode(configText);
  const config = blobOf(configBytes, mediaTypes.ociConfig);
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: layers.map((bytes) => blobOf(bytes)),
  };
  return {
    manifest: { kind: 'manifest', mediaType: document.mediaType, config, layers: document.layers },
    manifestBytes: new TextEncoder().encode(JSON.stringify(document)),
    configText,
    contents: [configBytes, ...layers],
  };
}

/** What `pull` does with the store. */
export async function pullInto(store: Store, name: string, image: TestImage): Promise<void> {
  const source = sourceOf(image.contents);
  await store.blobs.hold(async () => {
    for (const blob of [image.manifest.config, ...image.manifest.layers]) await store.blobs.put(blob, source);
    const { manifest, manifestBytes } = image;
    await store.images.write({ reference: parseReference(name), manifest, manifestBytes });
  });
}

/** Everything below `directory`, as paths relative to it, sorted; lock files are left out, symlinks not followed. */
export function treeOf(directory: string): string[] {
  const visit = (path: string, prefix: string): string[] =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const name = `${prefix}${entry.name}`;
      return entry.isDirectory() ? [name, ...visit(join(path, entry.name), `${name}/`)] : [name];
    });
  return visit(directory, '')
    .filter((path) => !/(?:^|\/)\.lock$/.test(path))
    .sort();
}

/**
 * Runs `work` with the rights of nobody when we are root, so that permissions mean something. The real user id too:
 * access(2) asks for that one. The saved one is the way back.
 */
export async function asUnprivileged<T>(directory: string, work: () => T | Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  chownSync(directory, nobody, nobody);
  const { symbols } = dlopen('libc.so.6', {
    setresuid: { args: ['u32', 'u32', 'u32'], returns: 'i32' },
    setresgid: { args: ['u32', 'u32', 'u32'], returns: 'i32' },
  });
  symbols.setresgid(nobody, nobody, 0);
  symbols.setresuid(nobody, nobody, 0);
  try {
    return await work();
  } finally {
    symbols.setresuid(0, 0, 0);
    symbols.setresgid(0, 0, 0);
  }
}

export interface Child {
  readonly process: ChildProcess;
  /** Resolves with the line when the child has printed one that starts with `word`. */
  said(word: string): Promise<string>;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly status: number | null; readonly stderr: string }>;
  kill(): Promise<void>;
}

/** Starts test/support/store-child.ts with these words. */
export function startChild(...words: string[]): Child {
  return startProgram(process.execPath, [resolve(import.meta.dir, 'store-child.ts'), ...words]);
}

/** Starts a program whose lines can be waited for. */
export function startProgram(file: string, args: readonly string[]): Child {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<{ status: number | null; stderr: string }>((done) =>
    child.on('close', (status) => done({ status, stderr })),
  );
  const said = (word: string): Promise<string> =>
    new Promise((done, fail) => {
      const look = (): void => {
        const line = stdout.split('\n').find((each) => each.startsWith(word));
        if (line !== undefined) done(line);
      };
      listeners.add(look);
      look();
      void ended.then(({ stderr: why }) => fail(new Error(`ended without saying ${word}: ${stdout}${why}`)));
    });
  return {
    process: child,
    said,
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
