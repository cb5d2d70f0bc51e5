/** Commands with everything behind them but engines: a registry in this process, a repository in a temporary home. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type FakeOptions, fakeCli } from './support/fake-cli.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';
import { digestOf } from './support/store.ts';

const id = '[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}';
let server: RegistryServer;
let home: string;
let layerDigest: string;

beforeAll(async () => {
  server = await startRegistry();
  layerDigest = publish(server);
});
afterAll(() => server.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'udocker-cli-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** An image with one real layer, for this machine. */
function publish(registry: RegistryServer): string {
  const tree = mkdtempSync(join(tmpdir(), 'udocker-tree-'));
  mkdirSync(join(tree, 'etc'));
  writeFileSync(join(tree, 'etc/motd'), 'hello\n');
  const layer = execFileSync('tar', ['-C', tree, '--owner=0', '--group=0', '-cz', '.']);
  rmSync(tree, { recursive: true });
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const diffIds = [digestOf(gunzipSync(layer))];
  const config = {
    os: 'linux',
    architecture,
    config: { Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  const blob = registry.putBlob(layer);
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      ...registry.putBlob(Buffer.from(JSON.stringify(config))),
    },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob }],
  };
  registry.putManifest('lab/tool', '1', manifest);
  registry.putManifest('lab/tool', '2', manifest);
  return blob.digest;
}

const udocker = (words: string[], options: FakeOptions = {}) => fakeCli(words, { home, ...options });
const pull = (tag = '1') => udocker(['-q', 'pull', `--registry=${server.url}`, `lab/tool:${tag}`]);

async function create(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await udocker(['-q', 'create', ...words]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
}

describe('pull', () => {
  test('says on stderr what it does, and nothing on stdout', async () => {
    const words = ['pull', `--registry=${server.url}`, 'lab/tool:1'];
    expect(await udocker(words)).toEqual({
      status: 0,
      stdout: '',
      stderr: `Info: creating repo: ${home}/.udocker\nInfo: downloading layer ${layerDigest}\n`,
      questions: [],
    });
    expect((await udocker(words)).stderr).toBe(`Info: have layer ${layerDigest}\n`);
  });

  test('is silent with -q', async () => {
    expect(await pull()).toEqual({ status: 0, stdout: '', stderr: '', questions: [] });
  });

  test('moves a line on a terminal', async () => {
    const { stderr } = await udocker(['pull', `--registry=${server.url}`, 'lab/tool:1'], { terminal: true });
    expect(stderr).toContain('\x1b[1A');
    expect(stderr).toMatch(new RegExp(`${layerDigest.slice(7, 19)}  downloaded \\d+ B`));
  });

  test('an unknown image leaves nothing behind', async () => {
    const { status, stdout, stderr } = await udocker([
      '-q',
      'pull',
      `--registry=${server.url}`,
      'lab/nosuch',
    ]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^Error: .*lab\/nosuch.*\nHint: /);
    expect((await udocker(['-q', 'images'])).stdout).toBe('');
    expect(existsSync(join(home, '.udocker/repos/lab'))).toBe(false);
  });
});

describe('images', () => {
  beforeEach(async () => {
    await pull('2');
    await pull('1');
  });

  test('are sorted; each line starts with the name and a blank', async () => {
    expect((await udocker(['images'])).stdout).toBe('REPOSITORY\nlab/tool:1    .\nlab/tool:2    .\n');
    expect((await udocker(['-q', 'images', '--no-trunc', '--all'])).stdout).toBe(
      'lab/tool:1    .\nlab/tool:2    .\n',
    );
  });

  test('with platform and with details', async () => {
    const { stdout } = await udocker(['-q', 'images', '-p']);
    expect(stdout).toMatch(/^linux\/\w+ +\. lab\/tool:1\nlinux\/\w+ +\. lab\/tool:2\n$/);
    const long = (await udocker(['-q', 'images', '-l'])).stdout.split('\n');
    expect(long[1]).toBe(` ${home}/.udocker/repos/lab/tool/1`);
    expect(long).toContain(`    /${layerDigest} (1 MB)`);
  });

  test('as JSON', async () => {
    const lines = (await udocker(['images', '--format=json'])).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(['lab/tool:1', 'lab/tool:2']);
  });

  test('one that is damaged is listed, with a warning', async () => {
    writeFileSync(join(home, '.udocker/repos/lab/tool/1/manifest'), '{');
    const { status, stdout, stderr } = await udocker(['images', '-p']);
    expect(status).toBe(0);
    expect(stdout).toContain('unknown            . lab/tool:1');
    expect(stderr).toMatch(/^Warning: .*lab\/tool:1/);
  });

  test('rmi takes several, goes on after one that fails, and frees blobs last', async () => {
    const words = ['rmi', 'lab/tool:1', 'lab/none', 'lab/tool:2'];
    const blob = join(home, '.udocker/layers', layerDigest);
    expect(existsSync(blob)).toBe(true);
    const { status, stdout, stderr } = await udocker(words);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^Info: deleting image: lab\/tool:1\nError: image not found: lab\/none:latest\nHint: .*\nInfo: deleting image: lab\/tool:2\n$/,
    );
    expect(existsSync(blob)).toBe(false);
    expect((await udocker(['rmi', '-f', 'lab/tool:1'])).status).toBe(0);
  });
});

describe('containers', () => {
  beforeEach(() => pull());

  test('create prints the id and nothing else', async () => {
    const { status, stdout } = await udocker(['create', '--name=box', 'lab/tool:1']);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${id}\n$`));
    expect(readFileSync(join(home, '.udocker/containers/box/ROOT/etc/motd'), 'utf8')).toBe('hello\n');
  });

  test('a taken name is refused in the words that callers look for; --force moves it', async () => {
    const first = await create('--name=box', 'lab/tool:1');
    const { status, stdout, stderr } = await udocker(['create', '--name=box', 'lab/tool:1']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toStartWith(
      `Error: container name already exists: the name box is taken by the container ${first}`,
    );
    const second = await create('--force', '--name=box', 'lab/tool:1');
    expect((await udocker(['inspect', '-p', 'box'])).stdout).toBe(
      `${home}/.udocker/containers/${second}/ROOT\n`,
    );
  });

  test('ps: id first, names as a list, aligned; the header stays with -q', async () => {
    const named = await create('--name=box', 'lab/tool:1');
    await udocker(['name', 'box', 'alias']);
    const plain = await create('lab/tool:1');
    const rows = [
      [named, `${named} . W ['alias', 'box'] lab/tool:1`],
      [plain, `${plain} . W                  lab/tool:1`],
    ].sort();
    const text = `CONTAINER ID                         P M NAMES            IMAGE\n${rows.map(([, row]) => `${row}\n`).join('')}`;
    expect((await udocker(['ps'])).stdout).toBe(text);
    expect((await udocker(['-q', 'ps'])).stdout).toBe(text);
  });

  test('ps with mode, size and platform, and as JSON', async () => {
    const one = await create('--name=box', 'lab/tool:1');
    const { stdout } = await udocker(['ps', '-m', '-s', '-p']);
    expect(stdout).toMatch(/^CONTAINER ID {25}P M MOD SIZE PLATFORM +NAMES +IMAGE\n/);
    expect(stdout).toMatch(new RegExp(`^${one} \\. W \\. +\\d+ +linux/\\w+ +\\['box'\\] lab/tool:1$`, 'm'));
    expect(JSON.parse((await udocker(['ps', '--format=json'])).stdout)).toMatchObject({
      id: one,
      names: ['box'],
      image: 'lab/tool:1',
      protected: false,
      root: 'writable',
    });
  });

  test('inspect: sorted JSON of container or image', async () => {
    await create('--name=box', 'lab/tool:1');
    const { stdout } = await udocker(['inspect', 'box']);
    expect(Object.keys(JSON.parse(stdout))).toEqual(['architecture', 'config', 'os', 'rootfs']);
    expect(stdout).toContain('\n    "config": {\n        "Cmd": [');
    expect((await udocker(['inspect', 'lab/tool:1'])).stdout).toBe(stdout);
    expect(await udocker(['inspect', 'nosuch'])).toMatchObject({ status: 1, stdout: '' });
  });

  test('name, rename, rmname', async () => {
    await create('--name=box', 'lab/tool:1');
    expect(await udocker(['name', 'box', 'a'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(await udocker(['rename', 'a', 'b'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(await udocker(['rename', 'b', 'box'])).toMatchObject({ status: 1 });
    expect((await udocker(['rmname', 'b'])).stderr).toBe('Info: container name: b removed.\n');
    expect((await udocker(['rmname', 'b'])).status).toBe(1);
    expect((await udocker(['name', 'box', 'a/b'])).status).toBe(2);
    expect((await udocker(['ps'])).stdout).toContain("['box']");
  });

  test('rm goes on after an unknown one, in the words that callers look for', async () => {
    const one = await create('--name=box', 'lab/tool:1');
    const { status, stderr } = await udocker(['rm', 'nosuch', 'box']);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Error: invalid container id or name: nosuch: .*\nHint: .*\nInfo: deleting container: /,
    );
    expect(existsSync(join(home, '.udocker/containers', one))).toBe(false);
    expect(await udocker(['rm', '-f', 'nosuch'])).toMatchObject({ status: 0, stderr: '' });
  });

  test('rm refuses what is protected', async () => {
    const one = await create('--name=box', 'lab/tool:1');
    writeFileSync(join(home, '.udocker/containers', one, 'PROTECT'), '');
    const { status, stderr } = await udocker(['rm', '-f', 'box']);
    expect(status).toBe(1);
    expect(stderr).toContain('it is protected');
  });
});

test('--repo must name a repository; nothing is made', async () => {
  const { status, stderr } = await udocker([`--repo=${home}/none`, 'ps']);
  expect(status).toBe(1);
  expect(stderr).toStartWith(`Error: there is no udocker repository ${home}/none\n`);
  expect(existsSync(join(home, 'none'))).toBe(false);
});

describe('login and logout', () => {
  let guarded: RegistryServer;
  beforeAll(async () => {
    guarded = await startRegistry({ access: { kind: 'basic', users: { ann: 'secret' } } });
  });
  afterAll(() => guarded.close());
  const keystore = () => join(home, '.udocker/keystore');

  test('asks, checks with the registry, stores for the user alone', async () => {
    const result = await udocker(['login', `--registry=${guarded.url}`], { answers: ['ann', 'secret'] });
    expect(result).toEqual({
      status: 0,
      stdout: '',
      stderr: 'Info: login succeeded\n',
      questions: ['username: ', 'password: (hidden)'],
    });
    const auth = Buffer.from('ann:secret').toString('base64');
    expect(JSON.parse(readFileSync(keystore(), 'utf8'))).toEqual({ [guarded.url]: { auth, email: '' } });
    expect(statSync(keystore()).mode & 0o777).toBe(0o600);
  });

  test('a wrong password is not stored', async () => {
    const words = ['login', `--registry=${guarded.url}`, '--username=ann', '--password-stdin'];
    const { status, stderr } = await udocker(words, { input: 'wrong\n' });
    expect(status).toBe(1);
    expect(stderr).toStartWith('Error: logging in to ');
    expect(existsSync(keystore())).toBe(false);
  });

  test('a registry for everyone cannot check it, and that is said', async () => {
    const words = ['login', `--registry=${server.url}`, '--username=ann', '--password=SHOUT'];
    expect((await udocker(words)).stderr).toBe(
      `Warning: password in uppercase: Caps Lock?\nWarning: ${server.host} asks nobody to log in; the password could not be checked\nInfo: credentials stored\n`,
    );
  });

  test('without a terminal it needs the password from elsewhere', async () => {
    expect(await udocker(['login', '--username=ann'])).toMatchObject({ status: 2, questions: [] });
    expect((await udocker(['login', '--username=ann', '--password-stdin'], { input: '' })).status).toBe(2);
  });

  test('logout forgets one or all', async () => {
    const login = () =>
      udocker(['login', `--registry=${guarded.url}`, '--username=ann', '--password=secret']);
    await login();
    expect((await udocker(['logout', `--registry=${guarded.url}`])).status).toBe(0);
    expect((await udocker(['logout', `--registry=${guarded.url}`])).status).toBe(1);
    await login();
    expect((await udocker(['logout', '-a'])).status).toBe(0);
    expect(existsSync(keystore())).toBe(false);
  });
});
