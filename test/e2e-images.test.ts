/**
 * Real images, each pulled, created and run by an unprivileged user with the built file, in every engine that Debian
 * has, through pipes and on a terminal: busybox, musl (dynamic and static), a static Go program, Debian with python3.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineCase, engineCases, noBusybox, suite } from './support/e2e.ts';
import { type Lab, openLab, type RunOptions } from './support/lab.ts';
import { debianTarFile } from './support/oci-images.ts';
import { missing } from './support/programs.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';
import { architecture, ociManifest, publishImage } from './support/small-image.ts';
import { type Item, tar } from './support/tar-writer.ts';

const go = 'node_modules/@esbuild/linux-x64/bin/esbuild';
const noMusl = missing('musl-gcc');
const noGo = existsSync(go) && process.arch === 'x64' ? undefined : 'no @esbuild/linux-x64';
const noDebian =
  process.getuid?.() === 0 || existsSync('/var/tmp/udocker-test-images/debian-gcc.tar')
    ? missing('mmdebstrap')
    : 'only root makes the Debian tree';

interface ImageCase {
  readonly name: string;
  readonly reason: string | undefined;
  readonly publish: (server: RegistryServer) => unknown;
  /** Its words, and what it prints. */
  readonly command: readonly string[];
  readonly prints: RegExp;
}

const cases: readonly ImageCase[] = [
  {
    name: 'busybox',
    reason: noBusybox,
    publish: (server) => publishImage(server, 'kind/busybox', '1'),
    command: ['sh', '-c', 'id -u; pwd; echo "$0 $HOME"'],
    prints: /^0\n\/\nsh \/root\n$/,
  },
  {
    name: 'musl-dynamic',
    reason: noMusl,
    publish: (server) => publishMusl(server, 'dynamic'),
    command: ['/hello', 'a b'],
    prints: /^hello from dynamic musl, uid 0, a b, nobody is 65534\n$/,
  },
  {
    name: 'musl-static',
    reason: noMusl,
    publish: (server) => publishMusl(server, 'static'),
    command: ['/hello', 'a b'],
    prints: /^hello from static musl, uid 0, a b, nobody is 65534\n$/,
  },
  {
    name: 'go',
    reason: noGo,
    publish: (server) => {
      const items = [
        { name: 'esbuild', content: readFileSync(go), mode: 0o755 },
        { name: 'src/' },
        { name: 'src/a.js', content: 'import { b } from "./b.js"; console.log(b)' },
        { name: 'src/b.js', content: 'export const b = "bundled"' },
      ];
      publishImage(server, 'kind/go', '1', {
        tars: [tar(...items)],
        config: { Entrypoint: ['/esbuild'], WorkingDir: '/src' },
      });
    },
    command: ['--bundle', 'a.js', '--minify'],
    prints: /"bundled"/,
  },
  {
    name: 'debian',
    reason: noDebian,
    publish: publishDebian,
    command: [
      'python3',
      '-c',
      'import os, platform, subprocess; print(os.getuid(), platform.freedesktop_os_release()["ID"], subprocess.check_output(["sh", "-c", "echo child"]).decode().strip(), "\\u20ac")',
    ],
    prints: /^0 debian child €\n$/,
  },
];

let server: RegistryServer;
let lab: Lab;

beforeAll(async () => {
  server = await startRegistry();
  lab = openLab();
});
afterAll(async () => {
  lab.close();
  await server.close();
});

const hello = `#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct passwd *nobody = getpwnam("nobody");
  printf("hello from KIND musl, uid %d, %s, nobody is %d\\n", (int)getuid(), argv[1], nobody ? (int)nobody->pw_uid : -1);
  return 0;
}
`;

/** A program built on the spot, with the loader it wants where it is dynamic. */
function publishMusl(to: RegistryServer, kind: 'static' | 'dynamic'): void {
  const source = join(lab.directory, `${kind}.c`);
  const program = join(lab.directory, kind);
  writeFileSync(source, hello.replace('KIND', kind));
  execFileSync('musl-gcc', ['-O1', ...(kind === 'static' ? ['-static'] : []), '-o', program, source]);
  const items: Item[] = [
    { name: 'hello', content: readFileSync(program), mode: 0o755 },
    {
      name: 'etc/passwd',
      content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    },
    { name: 'root/' },
  ];
  if (kind === 'dynamic') {
    const loader = readdirSync('/lib').find((name) => /^ld-musl-.*\.so\.1$/.test(name));
    if (loader === undefined) throw new Error('musl-gcc is here, but no /lib/ld-musl-*.so.1');
    const path = `/lib/${loader}`;
    items.push({ name: path.slice(1), content: readFileSync(path), mode: 0o755 });
  }
  publishImage(to, `kind/musl-${kind}`, '1', { tars: [tar(...items)], config: { Cmd: ['/hello'] } });
}

/** One uncompressed layer of some hundred megabytes, served from the cached file. */
async function publishDebian(to: RegistryServer): Promise<void> {
  const layer = await to.putFile(debianTarFile());
  const config = to.putBlob(
    Buffer.from(
      JSON.stringify({
        os: 'linux',
        architecture,
        config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'LANG=C.UTF-8'], Cmd: ['bash'] },
        rootfs: { type: 'layers', diff_ids: [layer.digest] },
      }),
    ),
  );
  to.putManifest('kind/debian', '1', {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  });
}

const environment = (engine: EngineCase) => ({ ...engine.env, TERM: 'xterm' });

function run(engine: EngineCase, words: readonly string[], options: RunOptions = {}) {
  return lab.udocker(['run', `--execmode=${engine.mode}`, ...words], {
    ...options,
    env: environment(engine),
  });
}

/** The same on a terminal, as script(1) makes one; line ends become those of a pipe. */
async function runOnTerminal(engine: EngineCase, words: readonly string[]) {
  const line = [lab.executable, '-q', 'run', `--execmode=${engine.mode}`, ...words].map(quote).join(' ');
  const { status, stdout } = await lab.run(['script', '-qec', line, '/dev/null'], {
    env: environment(engine),
  });
  // The end of script's own input arrives as a NUL where the terminal is raw, and is echoed. crun 1.8 takes what a
  // program that ends at once has said for words of its own, and writes them in red, with the time.
  const [start = '', ...decorated] = stdout.replaceAll('\r\n', '\n').replace('^@', '').split('\u001b[1;31m');
  const plain = decorated.map((part) => part.replace(/^\S+Z: /, '').replace('\u001b[0m\n', ''));
  return { status, stdout: [start, ...plain].join('') };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

for (const { name, reason, publish, command, prints } of cases) {
  suite(name, reason, () => {
    beforeAll(async () => {
      await publish(server);
      const image = `${server.host}/kind/${name}:1`;
      for (const words of [
        ['-q', 'pull', image],
        ['-q', 'create', `--name=${name}`, image],
      ]) {
        const { status, stderr } = await lab.udocker(words);
        if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
      }
    }, 120_000);
    afterAll(async () => {
      expect((await lab.udocker(['rm', name])).status).toBe(0);
    }, 120_000);

    for (const engine of engineCases) {
      test.skipIf(engine.reason !== undefined)(
        `${engine.name}, in pipes and on a terminal${engine.reason === undefined ? '' : ` (skipped: ${engine.reason})`}`,
        async () => {
          const piped = await run(engine, [name, ...command]);
          expect(piped).toEqual({ status: 0, stdout: expect.stringMatching(prints), stderr: '' });
          const shown = await runOnTerminal(engine, [name, ...command]);
          expect([shown.status, shown.stdout]).toEqual([0, piped.stdout]);
        },
      );
    }
  });
}

suite('pipes and terminals', noBusybox, () => {
  beforeAll(async () => {
    publishImage(server, 'kind/box', '1');
    expect((await lab.udocker(['-q', 'create', '--name=box', `${server.host}/kind/box:1`])).status).toBe(1);
    await lab.udocker(['-q', 'pull', `${server.host}/kind/box:1`]);
    expect((await lab.udocker(['-q', 'create', '--name=box', `${server.host}/kind/box:1`])).status).toBe(0);
  });
  for (const engine of engineCases.filter(({ reason }) => reason === undefined)) {
    test(`${engine.name}: every byte through, outputs kept apart, the status of the command`, async () => {
      const script = 'cat; echo err >&2; exit 7';
      const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => at & 0x7f);
      const { status, stdout, stderr } = await run(engine, ['box', 'sh', '-c', script], { stdin: bytes });
      expect([status, stdout === Buffer.from(bytes).toString(), stderr]).toEqual([7, true, 'err\n']);
      expect((await run(engine, ['box', 'sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?'])).status).toBe(137);
      expect((await run(engine, ['box', 'printf', '[%s]', 'a', '', 'b c'])).stdout).toBe('[a][][b c]');
    });

    test(`${engine.name}: a terminal inside where there is one outside`, async () => {
      const both = await runOnTerminal(engine, [
        'box',
        'sh',
        '-c',
        'test -t 0 && test -t 1 && test -t 2 && echo yes; exit 5',
      ]);
      expect(both).toEqual({ status: 5, stdout: 'yes\n' });
      const { stdout } = await run(engine, ['box', 'sh', '-c', 'test -t 0 || test -t 1 || echo no']);
      expect(stdout).toBe('no\n');
    });

    test(`${engine.name}: a reader that goes away ends it quietly`, async () => {
      const line = `${lab.executable} run --execmode=${engine.mode} box sh -c 'yes; exit 3' | head -n 1`;
      expect(await lab.run(['sh', '-c', line], { env: environment(engine) })).toEqual({
        status: 0,
        stdout: 'y\n',
        stderr: '',
      });
    });
  }
});
