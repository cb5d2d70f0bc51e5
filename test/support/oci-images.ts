/**
 * Real images for tests, as OCI layouts made by umoci from tars. What takes long is kept in a cache below /var/tmp,
 * put there whole by rename; each user has his own if the common one cannot be written.
 */
import type { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import type { Layer } from '../../src/layers/layer.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { DiffId } from '../../src/oci/digest.ts';
import { hostPath } from '../../src/paths.ts';
import { tar } from './tar-writer.ts';

/** An image in an OCI layout, under the tag `test`. */
export interface OciImage {
  readonly layout: string;
  readonly layers: readonly Layer[];
}

/** Runs a program; its output, or an error that shows what it said. */
export function must(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

/** Why real images cannot be made here; undefined when they can. */
export function missingTools(...tools: readonly string[]): string | undefined {
  const missing = tools.filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
  return missing.length === 0 ? undefined : `not installed: ${missing.join(' ')}`;
}

/** The image `name` of `layers` (bottom first), from the cache or made now. */
export function image(name: string, layers: () => readonly Buffer[]): OciImage {
  const layout = cached(name, (directory) => {
    must('umoci', 'init', '--layout', directory);
    must('umoci', 'new', '--image', `${directory}:test`);
    layers().forEach((layer, index) => {
      const file = `${directory}.${index}.tar`;
      fs.writeFileSync(file, layer);
      must('umoci', 'raw', 'add-layer', '--image', `${directory}:test`, file);
      fs.rmSync(file);
    });
  });
  return { layout, layers: layersOf(layout) };
}

/** A Debian root file system with python3 and gcc, as one tar. */
export function debianTar(): Buffer {
  return fs.readFileSync(debianTarFile());
}

/** The file of `debianTar`: some hundred megabytes. */
export function debianTarFile(): string {
  return cached('debian-gcc.tar', (file) => {
    must(
      'mmdebstrap',
      '--variant=minbase',
      '--include=python3,gcc,libc6-dev',
      '--format=tar',
      'bookworm',
      file,
    );
  });
}

/** busybox with its links, as one tar. */
export function busyboxTar(): Buffer {
  const content = fs.readFileSync('/bin/busybox');
  const applets = must('/bin/busybox', '--list').trim().split('\n');
  return tar(
    { name: './' },
    { name: 'bin/' },
    { name: 'bin/busybox', content, mode: 0o4755 },
    ...applets.map((applet, at) =>
      at % 2 === 0
        ? { name: `bin/${applet}`, type: '2', linkName: 'busybox' }
        : { name: `bin/${applet}`, type: '1', linkName: 'bin/busybox', mode: 0o4755 },
    ),
    { name: 'tmp/', mode: 0o1777 },
  );
}

function layersOf(layout: string): Layer[] {
  const read = (digest: string): string => blobPath(layout, digest);
  const json = (path: string): unknown => JSON.parse(fs.readFileSync(path, 'utf8'));
  const index = json(join(layout, 'index.json')) as { manifests: { digest: string }[] };
  const manifest = json(read(index.manifests[0]?.digest ?? '')) as {
    config: Descriptor;
    layers: Descriptor[];
  };
  const config = json(read(manifest.config.digest)) as { rootfs: { diff_ids: DiffId[] } };
  return manifest.layers.map((descriptor, at) => {
    const diffId = config.rootfs.diff_ids[at];
    return {
      path: hostPath(read(descriptor.digest)),
      descriptor,
      ...(diffId === undefined ? {} : { diffId }),
    };
  });
}

function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'));
}

function cached(name: string, make: (path: string) => void): string {
  const common = '/var/tmp/udocker-test-images';
  const found = join(common, name);
  if (fs.existsSync(found)) return found;
  const directory = writable(common) ? common : `${common}-${process.getuid?.() ?? 0}`;
  const path = join(directory, name);
  if (fs.existsSync(path)) return path;
  fs.mkdirSync(directory, { recursive: true });
  const temporary = join(directory, `.${process.pid}-${name}`);
  make(temporary);
  must('chmod', '-R', 'a+rX', temporary); // for tests of every user
  try {
    fs.renameSync(temporary, path);
  } catch (error) {
    if (!fs.existsSync(path)) throw error; // another process was faster
    fs.rmSync(temporary, { recursive: true });
  }
  return path;
}

function writable(directory: string): boolean {
  try {
    fs.mkdirSync(directory, { recursive: true });
    fs.accessSync(directory, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
