/**
 * What the built file reads besides its command line: configuration files on three levels and with --config, the
 * environment, and a repository that the first udocker made. And that it refuses to run as root.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { engineCases, noBusybox, snapshot, suite } from './support/e2e.ts';
import { builtExecutable, type Lab, openLab } from './support/lab.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';
import { architecture, busyboxTar, publishImage, sha256 } from './support/small-image.ts';

let lab: Lab;
let count = 0;
beforeAll(() => {
  lab = openLab();
});
afterAll(() => lab.close());

function newDirectory(name: string): string {
  count += 1;
  const path = join(lab.directory, `${name}-${count}`);
  mkdirSync(path);
  lchownSync(path, lab.uid, lab.gid);
  return path;
}

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function setting(
  key: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { status, stdout, stderr } = await lab.udocker([...words, 'showconf'], { env });
  expect([status, stderr.replace(/^Debug: .*\n/gm, '')]).toEqual([0, '']);
  return new RegExp(`^${key} = (.*)$`, 'm').exec(stdout)?.[1];
}

suite('configuration', undefined, () => {
  test('home, top directory, --config, environment, command line: the later the stronger', async () => {
    const home = newDirectory('home');
    const top = newDirectory('top');
    const env: Record<string, string> = { HOME: home };
    const timeout = (words: readonly string[] = []) => setting('timeout', words, env);
    expect(await timeout()).toBe('12');
    write(join(home, '.udocker/udocker.conf'), '[DEFAULT]\ntimeout = 21\n');
    expect(await timeout()).toBe('21');
    write(join(top, 'udocker.conf'), '[DEFAULT]\ntimeout = 22\n');
    env.UDOCKER_DIR = top;
    expect(await timeout()).toBe('22');
    const given = write(join(home, 'given.conf'), '# mine\n[DEFAULT]\ntimeout = 23\nverbose_level = 2\n');
    expect(await timeout([`--config=${given}`])).toBe('23');
    expect(await timeout(['--config', given])).toBe('23');
    const level = (words: readonly string[] = []) =>
      setting('verbose_level', [`--config=${given}`, ...words], env);
    expect(await level()).toBe('2');
    env.UDOCKER_LOGLEVEL = '4';
    expect(await level()).toBe('4');
    expect(await level(['-q'])).toBe('1');
    expect(await level(['-D'])).toBe('5');
  });

  test.skipIf(process.getuid?.() !== 0 || existsSync('/etc/udocker.conf'))(
    'the system wide file comes first (skipped without root, or where there is one)',
    async () => {
      const home = newDirectory('home');
      writeFileSync('/etc/udocker.conf', 'timeout = 31\nctimeout = 32\n');
      try {
        write(join(home, '.udocker/udocker.conf'), 'timeout = 33\n');
        expect(await setting('timeout', [], { HOME: home })).toBe('33');
        expect(await setting('ctimeout', [], { HOME: home })).toBe('32');
      } finally {
        rmSync('/etc/udocker.conf');
      }
    },
  );

  test.each([
    ['timeout = soon', /line 2: timeout: expected a whole number.*not soon/],
    ['http_insecure = perhaps', /line 2: http_insecure: expected .*not perhaps/],
    ['override_default_execution_mode = X9', /line 2: override_default_execution_mode: .*X9/],
    ['sysdirs_list = ["/dev"', /line 2: sysdirs_list: /],
    ['docker_registries = 5', /line 2: docker_registries: /],
    ['no equals sign', /line 2/],
  ])('%s: refused with file, line and key', async (line, said) => {
    const home = newDirectory('home');
    const file = write(join(home, '.udocker/udocker.conf'), `[DEFAULT]\n${line}\n`);
    const { status, stdout, stderr } = await lab.udocker(['ps'], { env: { HOME: home } });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toStartWith(`Error: reading ${file}, line 2`);
    expect(stderr).toMatch(said);
  });

  test.each([
    ['UDOCKER_LOGLEVEL', 'loud'],
    ['UDOCKER_DEFAULT_EXECUTION_MODE', 'X9'],
    ['UDOCKER_REGISTRY', 'ftp://x'],
  ])('%s=%s: refused with its name', async (name, value) => {
    const { status, stderr } = await lab.udocker(['ps'], {
      env: { HOME: newDirectory('home'), [name]: value },
    });
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^Error: reading the environment: ${name}: .*${value}`)),
    ]);
  });

  test('each part of a repository can be elsewhere, as SCAR has it', async () => {
    const home = newDirectory('home');
    const elsewhere = newDirectory('elsewhere');
    const env = {
      HOME: home,
      UDOCKER_LAYERS: join(elsewhere, 'layers'),
      UDOCKER_REPOS: join(elsewhere, 'repos'),
      UDOCKER_CONTAINERS: join(elsewhere, 'containers'),
    };
    expect((await lab.udocker(['ps'], { env })).status).toBe(0);
    expect(readdirSync(elsewhere).sort()).toEqual(['containers', 'layers', 'repos']);
    expect(readdirSync(join(home, '.udocker'))).not.toContain('repos');
  });
});

suite('as root', process.getuid?.() === 0 ? undefined : 'this test needs root', () => {
  const asRoot = (words: readonly string[], env = {}) => {
    const home = newDirectory('root');
    const { status, stdout, stderr } = spawnSync(builtExecutable(), words, {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', HOME: home, ...env },
    });
    return { status, stdout, stderr, left: readdirSync(home) };
  };

  test('refused with the reason and both ways round it; nothing is made', () => {
    for (const words of [['ps'], ['images'], ['pull', 'x'], ['run', 'x']]) {
      const { status, stdout, stderr, left } = asRoot(words);
      expect([status, stdout, left]).toEqual([words[0] === 'run' ? 125 : 1, '', []]);
      expect(stderr).toMatch(
        /^Error: do not run as root: .*\nHint: .*--allow-root or UDOCKER_ALLOW_ROOT=1\n$/,
      );
    }
  });

  test('allowed when asked for; version and help are always', () => {
    expect(asRoot(['--allow-root', 'ps']).status).toBe(0);
    expect(asRoot(['ps'], { UDOCKER_ALLOW_ROOT: '1' }).status).toBe(0);
    expect(asRoot(['ps'], { UDOCKER_ALLOW_ROOT: '0' }).status).toBe(1);
    for (const words of [['version'], ['help'], ['help', 'run'], ['--help'], ['-V'], []])
      expect(asRoot(words).status).toBe(0);
  });
});

/** A home with a repository as udocker 1.3 writes it: its names, its links, its spelling of JSON, absolute paths. */
function oldHome(server: RegistryServer): { home: string; top: string; id: string } {
  const home = newDirectory('old');
  const top = join(home, '.udocker');
  const tar = busyboxTar();
  const [layer, config] = [
    gzipSync(tar),
    Buffer.from(
      JSON.stringify({
        os: 'linux',
        architecture,
        config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
        rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
      }),
    ),
  ];
  const descriptor = (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    size: bytes.length,
    digest: sha256(bytes),
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: descriptor('application/vnd.docker.container.image.v1+json', config),
    layers: [descriptor('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)],
  };
  for (const part of ['bin', 'lib', 'doc', 'layers', 'repos', 'containers'])
    mkdirSync(join(top, part), { recursive: true });
  write(join(top, 'lib/VERSION'), '1.2.11\n');
  const tag = join(top, 'repos/lab/busybox/latest');
  write(join(tag, 'TAG'), `${top}/repos/lab/busybox:latest`);
  write(join(tag, 'v2'), '');
  write(join(tag, 'manifest'), JSON.stringify(manifest, undefined, 1).replace(/\n */g, ' '));
  for (const bytes of [layer, config]) {
    writeFileSync(join(top, 'layers', sha256(bytes)), bytes);
    symlinkSync(`../../../../layers/${sha256(bytes)}`, join(tag, sha256(bytes)));
  }
  const loaded = join(top, 'repos/loaded/box/1');
  const layerId = 'ab'.repeat(32);
  write(join(loaded, 'TAG'), `${top}/repos/loaded/box:1`);
  write(join(loaded, 'v1'), '');
  write(join(loaded, 'ancestry'), JSON.stringify([layerId]));
  write(join(loaded, 'container.json'), config.toString());
  writeFileSync(join(top, 'layers', `${layerId}.layer`), tar);
  writeFileSync(join(top, 'layers', `${layerId}.json`), config);
  for (const kind of ['layer', 'json'])
    symlinkSync(`../../../../layers/${layerId}.${kind}`, join(loaded, `${layerId}.${kind}`));
  const id = '179bb199-a16e-3783-9b69-1d47664659a4';
  const container = join(top, 'containers', id);
  write(join(container, 'container.json'), config.toString());
  write(join(container, 'imagerepo.name'), 'lab/busybox:latest');
  write(join(container, 'execmode'), 'P1');
  write(join(container, 'root.path'), `${container}/ROOT`);
  mkdirSync(join(container, '.mountpoints'));
  for (const directory of ['bin', 'tmp', 'etc', 'root'])
    mkdirSync(join(container, 'ROOT', directory), { recursive: true });
  copyFileSync('/bin/busybox', join(container, 'ROOT/bin/busybox'));
  chmodSync(join(container, 'ROOT/bin/busybox'), 0o755);
  symlinkSync('busybox', join(container, 'ROOT/bin/sh'));
  symlinkSync(id, join(top, 'containers/bb'));
  symlinkSync(id, join(top, 'containers/alias2'));
  const auth = Buffer.from('ann:se:cret').toString('base64');
  write(join(top, 'keystore'), JSON.stringify({ [server.url]: { auth, email: '' } }));
  chmodSync(join(top, 'keystore'), 0o600);
  spawnSync('chown', ['-hR', `${lab.uid}:${lab.gid}`, top]);
  return { home, top, id };
}

suite("the first udocker's repository", noBusybox, () => {
  let server: RegistryServer;
  beforeAll(async () => {
    server = await startRegistry({ access: { kind: 'basic', users: { ann: 'se:cret' } } });
    publishImage(server, 'lab/tool', '1');
  });
  afterAll(() => server.close());
  const proot = engineCases.find(({ name }) => name === 'P1');

  test('is listed, inspected and run as it is', async () => {
    const { home, top, id } = oldHome(server);
    const env = { HOME: home };
    const before = snapshot(top);
    const output = async (...words: string[]) => {
      const { status, stdout, stderr } = await lab.udocker(words, { env });
      expect([words, status, stderr]).toEqual([words, 0, '']);
      return stdout;
    };
    expect(await output('images')).toMatch(/^REPOSITORY\nlab\/busybox:latest\s+\.\nloaded\/box:1\s+\.\n$/);
    expect(await output('ps', '-m')).toMatch(
      new RegExp(`^CONTAINER ID .*\\n${id} \\. W P1 +\\['alias2', 'bb'\\] +lab/busybox:latest\\n$`),
    );
    expect(JSON.parse(await output('inspect', 'bb'))).toMatchObject({
      architecture,
      config: { Cmd: ['sh'] },
    });
    expect(JSON.parse(await output('inspect', 'lab/busybox'))).toMatchObject({ architecture });
    expect(await output('inspect', '-p', 'bb')).toBe(`${top}/containers/${id}/ROOT\n`);
    if (proot?.reason === undefined)
      expect(await output('-q', 'run', 'bb', 'sh', '-c', 'echo "runs as $0"')).toBe('runs as sh\n');
    expect(snapshot(top).filter((line) => !/\/\.udocker\//.test(line))).toEqual(before);
  });

  test('is added to and taken from; what the old tool reads stays readable to it', async () => {
    const { home, top, id } = oldHome(server);
    const env = { HOME: home };
    const udocker = async (...words: string[]) => {
      const result = await lab.udocker(['-q', ...words], { env });
      expect([words, result.status, result.stderr]).toEqual([words, 0, '']);
      return result.stdout.trim();
    };
    for (const image of ['lab/busybox', 'loaded/box:1']) {
      const made = await udocker('create', image);
      expect(readlinkSync(join(top, 'containers', made, 'ROOT/bin/sh'))).toBe('busybox');
      expect(readFileSync(join(top, 'containers', made, 'imagerepo.name'), 'utf8')).toBe(
        image.includes(':') ? image : `${image}:latest`,
      );
    }
    await udocker('rename', 'alias2', 'third');
    await udocker('pull', `--registry=${server.url}`, 'lab/tool:1');
    const tag = join(top, 'repos/lab/tool/1');
    expect(readFileSync(join(tag, 'TAG'), 'utf8')).toBe(`${top}/repos/lab/tool:1`);
    expect(
      readdirSync(tag)
        .filter((name) => name.startsWith('sha256:'))
        .map((name) => readlinkSync(join(tag, name)).startsWith('../../../../layers/')),
    ).toEqual([true, true]);
    await udocker('protect', 'bb');
    expect(existsSync(join(top, 'containers', id, 'PROTECT'))).toBe(true);
    await udocker('rmi', 'lab/busybox');
    await udocker('rmi', 'loaded/box:1');
    await udocker('rmi', 'lab/tool:1');
    expect(readdirSync(join(top, 'layers')).filter((name) => !name.startsWith('.'))).toEqual([]);
    expect(readlinkSync(join(top, 'containers/third'))).toBe(id);
  });
});
