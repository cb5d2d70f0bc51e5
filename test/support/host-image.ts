/**
 * A small real image made from what the machine has: a shell, the core utilities with the libraries they need,
 * and a program compiled on the spot. Used where nothing may be downloaded, so the demo works on any machine.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** An image in memory: its manifest and every blob it names. */
export interface BuiltImage {
  readonly manifest: Uint8Array;
  readonly mediaType: string;
  /** Keyed by digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

const programs =
  'sh ls cat id uname env echo head wc sort sleep true false grep sed stat mkdir rm cp mv ln touch tr seq date'.split(
    ' ',
  );

const hello = `#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct utsname u;
  uname(&u);
  printf("Hello from inside the container: uid %d, machine %s, argument %s\\n", (int)getuid(), u.machine,
         argc > 1 ? argv[1] : "none");
  return 0;
}
`;

/** Builds the image. Needs tar and, for the compiled program, gcc. Throws when one of them is missing or fails. */
export function buildHostImage(): BuiltImage {
  const work = mkdtempSync(join(tmpdir(), 'udocker-image-'));
  try {
    const base = join(work, 'base');
    const application = join(work, 'application');
    makeBase(base);
    makeApplication(work, application);
    return assemble([base, application].map(tarOf));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function makeBase(root: string): void {
  for (const directory of [
    'usr/bin',
    'usr/sbin',
    'usr/lib',
    'usr/lib64',
    'etc',
    'proc',
    'sys',
    'dev',
    'root',
    'tmp',
    'home',
  ]) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  for (const name of ['bin', 'sbin', 'lib', 'lib64', 'lib32']) mirrorTopDirectory(root, name);
  for (const program of programs) addProgram(root, program);
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000:guest:/home:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nguest:x:1000:\n');
  writeFileSync(
    join(root, 'etc/os-release'),
    'NAME="Hello Linux"\nID=hello\nVERSION_ID=1\nPRETTY_NAME="Hello Linux 1"\n',
  );
}

/** Hosts with a merged /usr have `/bin -> usr/bin`; the image must agree with where its libraries look. */
function mirrorTopDirectory(root: string, name: string): void {
  const host = lstatSync(`/${name}`, { throwIfNoEntry: false });
  if (host?.isSymbolicLink()) {
    const target = readlinkSync(`/${name}`).replace(/^\//, '');
    mkdirSync(join(root, target), { recursive: true });
    symlinkSync(target, join(root, name));
  }
}

function addProgram(root: string, name: string): void {
  const path = ['/bin', '/usr/bin', '/usr/local/bin']
    .map((directory) => `${directory}/${name}`)
    .find(existsSync);
  if (path === undefined) return;
  for (const file of [path, ...librariesOf(path)]) copyIn(root, file);
}

/** What the dynamic loader would load, by ldd; a static program has none. */
function librariesOf(program: string): string[] {
  try {
    const listing = execFileSync('ldd', [realpathSync(program)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return [...listing.matchAll(/(?:=> )?(\/\S+) \(0x/g)]
      .map((match) => match[1] ?? '')
      .filter((path) => path !== '');
  } catch {
    return []; // ldd exits 1 for a static program
  }
}

function copyIn(root: string, file: string): void {
  const target = join(root, file);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(realpathSync(file), target);
}

function makeApplication(work: string, root: string): void {
  mkdirSync(join(root, 'opt/hello'), { recursive: true });
  writeFileSync(join(work, 'hello.c'), hello);
  execFileSync('gcc', ['-O2', '-s', '-o', join(root, 'opt/hello/hello'), join(work, 'hello.c')]);
  writeFileSync(join(root, 'opt/hello/README'), 'This layer was added on top of the base layer.\n');
}

function tarOf(directory: string): Uint8Array {
  return execFileSync(
    'tar',
    ['--format=pax', '--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-C', directory, '-c', '.'],
    {
      maxBuffer: 1 << 30,
    },
  );
}

function assemble(tars: readonly Uint8Array[]): BuiltImage {
  const blobs = new Map<string, Uint8Array>();
  const add = (mediaType: string, bytes: Uint8Array) => {
    const digest = sha256(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const layers = tars.map((tar) => add('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(tar)));
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const config = {
    architecture,
    os: 'linux',
    config: {
      Env: ['PATH=/opt/hello:/usr/bin:/bin', 'GREETING=hello'],
      Cmd: ['hello', 'world'],
      WorkingDir: '/opt/hello',
    },
    rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
  };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: add('application/vnd.oci.image.config.v1+json', Buffer.from(JSON.stringify(config))),
    layers,
  };
  return { manifest: Buffer.from(JSON.stringify(manifest)), mediaType, blobs };
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
