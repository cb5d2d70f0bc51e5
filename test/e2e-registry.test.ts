/**
 * The built file, as an unprivileged user, against registries and proxies that others wrote: docker-registry plain,
 * with passwords and behind TLS, filled by skopeo; tinyproxy, squid, microsocks, dante.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  type DockerRegistry,
  makeAuthority,
  skopeoCopy,
  startDockerRegistry,
} from './support/docker-registry.ts';
import { noBusybox, snapshot, suite } from './support/e2e.ts';
import { type Lab, openLab, type Result, type RunOptions } from './support/lab.ts';
import { missing, Workshop } from './support/programs.ts';
import { startDante, startMicrosocks, startSquid, startTinyproxy } from './support/proxies.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';
import { architecture, publishImage, publishIndex } from './support/small-image.ts';

const absent = noBusybox ?? missing('docker-registry', 'skopeo', 'openssl', 'htpasswd');
const other = architecture === 'amd64' ? 'arm64' : 'amd64';
const image = 'lab/tool:1';

let shop: Workshop;
let lab: Lab;
let plain: DockerRegistry;
let locked: DockerRegistry;
let secure: DockerRegistry;
/** A registry at this machine's own address; undefined when it has none but loopback. */
let outer: RegistryServer | undefined;
let count = 0;

/** One image in several shapes: index, OCI manifest, Docker manifest, one for another CPU. */
async function fill(): Promise<void> {
  const source = await startRegistry();
  publishIndex(source, 'lab/tool', '1', ['amd64', 'arm64']);
  publishImage(source, 'lab/tool', 'one');
  publishImage(source, 'lab/tool', 'foreign', { architecture: other });
  publishImage(source, 'library/box', '1', { config: { Cmd: ['sh'], Labels: { from: 'library' } } });
  const [from, to] = [`docker://${source.host}/`, `docker://${plain.host}/`];
  await skopeoCopy('--all', `${from}lab/tool:1`, `${to}lab/tool:1`);
  await skopeoCopy(`${from}lab/tool:one`, `${to}lab/tool:oci`);
  await skopeoCopy('--format=v2s2', `${from}lab/tool:one`, `${to}lab/tool:docker`);
  await skopeoCopy(`${from}lab/tool:foreign`, `${to}lab/tool:foreign`);
  await skopeoCopy(`${from}library/box:1`, `${to}library/box:1`);
  await source.close();
}

beforeAll(async () => {
  if (absent !== undefined) return;
  shop = new Workshop();
  chmodSync(shop.directory, 0o755);
  mkdirSync(join(shop.directory, 'registry'));
  lab = openLab();
  plain = await startDockerRegistry(shop);
  const htpasswd = join(shop.directory, 'htpasswd');
  writeFileSync(htpasswd, shop.run('htpasswd', ['-Bbn', 'ann', 'se:cret']));
  locked = await startDockerRegistry(shop, { htpasswd });
  makeAuthority(shop);
  chmodSync(join(shop.directory, 'ca.crt'), 0o644);
  secure = await startDockerRegistry(shop, { tls: true });
  await fill();
  const own = Object.values(networkInterfaces()).flat();
  const address = own.find((one) => one?.family === 'IPv4' && !one.internal)?.address;
  if (address !== undefined) outer = await startRegistry({ address });
  if (outer !== undefined) publishImage(outer, 'lab/tool', '1');
}, 120_000);
afterAll(async () => {
  lab?.close();
  await outer?.close();
  await shop?.close();
});

interface Home {
  readonly top: string;
  udocker(words: readonly string[], options?: RunOptions): Promise<Result>;
}

/** An empty repository, and with it a home of its own. */
function newHome(): Home {
  count += 1;
  const home = join(lab.directory, `home-${count}`);
  const make = lab.run(['mkdir', home], { cwd: lab.directory });
  const udocker: Home['udocker'] = async (words, options = {}) => {
    await make;
    return lab.udocker(words, { cwd: home, ...options, env: { HOME: home, ...options.env } });
  };
  return { top: join(home, '.udocker'), udocker };
}

/** What a failure says; fails when it is none. */
function complaint({ status, stdout, stderr }: Result): string {
  expect([status, stdout]).toEqual([1, '']);
  return stderr.replace(/^Info: .*\n/gm, '');
}

const done: unknown = { status: 0, stdout: '', stderr: expect.not.stringContaining('Error') };

suite('docker-registry', absent, () => {
  test.each([
    ['an index', '1'],
    ["OCI's manifest", 'oci'],
    ["Docker's manifest", 'docker'],
  ])('%s, pushed by skopeo: pulled, created, run', async (_, tag) => {
    const { udocker } = newHome();
    const name = `${plain.host}/lab/tool:${tag}`;
    expect(await udocker(['pull', name])).toEqual(done as Result);
    expect((await udocker(['images'])).stdout).toMatch(new RegExp(`^REPOSITORY\n${name}\\s`));
    expect(JSON.parse((await udocker(['inspect', name])).stdout)).toMatchObject({ architecture });
    const { status, stdout } = await udocker([
      '-q',
      'run',
      '--rm',
      '--execmode=P1',
      name,
      'sh',
      '-c',
      'echo in',
    ]);
    if (missing('proot') === undefined) expect([status, stdout]).toEqual([0, 'in\n']);
  });

  test('by digest: of the index, of the manifest, with a tag beside it', async () => {
    const digestOf = (tag: string) =>
      shop
        .run('skopeo', [
          'inspect',
          '--tls-verify=false',
          '--format={{.Digest}}',
          `docker://${plain.host}/lab/tool:${tag}`,
        ])
        .trim();
    const { top, udocker } = newHome();
    for (const name of [`lab/tool@${digestOf('1')}`, `lab/tool:oci@${digestOf('oci')}`]) {
      expect(await udocker(['pull', `${plain.host}/${name}`])).toEqual(done as Result);
    }
    const listed = (await udocker(['-q', 'images'])).stdout;
    expect(listed).toContain(`${plain.host}/lab/tool@${digestOf('1')} `);
    expect(listed).toContain(`${plain.host}/lab/tool@${digestOf('oci')} `);
    expect(
      await udocker([
        'rmi',
        `${plain.host}/lab/tool@${digestOf('1')}`,
        `${plain.host}/lab/tool@${digestOf('oci')}`,
      ]),
    ).toEqual(done as Result);
    expect(snapshot(top).filter((line) => /^(?:layers|repos)\/./.test(line))).toEqual([]);
  });

  test('platforms: chosen from an index, refused where there is no choice', async () => {
    const { udocker } = newHome();
    const name = `${plain.host}/${image}`;
    expect(await udocker(['pull', `--platform=linux/${other}`, name])).toEqual(done as Result);
    expect((await udocker(['-q', 'images', '-p'])).stdout).toStartWith(`linux/${other} `);
    expect(complaint(await udocker(['pull', '--platform=linux/s390x', name]))).toMatch(
      /none is for linux\/s390x; offered: linux\/amd64, linux\/arm64\nHint: .*--platform=/,
    );
    expect(complaint(await udocker(['pull', `${plain.host}/lab/tool:foreign`]))).toMatch(
      new RegExp(
        `for linux/${other}, and linux/${architecture} is wanted\nHint: .*--platform=linux/${other}`,
      ),
    );
    // Asked for by name it comes; run says whose it is.
    const foreign = ['run', `--platform=linux/${other}`, `${plain.host}/lab/tool:foreign`, 'true'];
    expect((await udocker(foreign)).status).not.toBe(2);
  });

  test('--registry, UDOCKER_REGISTRY and the configuration; library/ is not added, and not taken away', async () => {
    const asked = async (words: readonly string[], env = {}) => {
      const { udocker } = newHome();
      expect(await udocker(words, { env })).toEqual(done as Result);
      return (await udocker(['-q', 'images'])).stdout.split(/\s/)[0];
    };
    expect(await asked(['pull', `--registry=${plain.url}`, image])).toBe(image);
    expect(await asked(['pull', '--registry', plain.host, image])).toBe(image);
    expect(await asked(['pull', image], { UDOCKER_REGISTRY: plain.url })).toBe(image);
    expect(await asked(['pull', `--registry=${plain.url}`, 'library/box:1'])).toBe('box:1');
    const { udocker } = newHome();
    expect(complaint(await udocker(['pull', `--registry=${plain.url}`, 'box:1']))).toMatch(/no \S+ .*box/);
    const file = join(lab.directory, 'registry.conf');
    writeFileSync(file, `[DEFAULT]\ndockerio_registry_url = ${plain.url}\n`);
    expect(await udocker([`--config=${file}`, 'pull', image])).toEqual(done as Result);
  });

  test('moved tag: the new image, and nothing of the old one', async () => {
    const { top, udocker } = newHome();
    const name = `${plain.host}/lab/moving:1`;
    const publish = async (label: string) => {
      const source = await startRegistry();
      publishImage(source, 'lab/moving', '1', { config: { Labels: { label } } });
      await skopeoCopy(`docker://${source.host}/lab/moving:1`, `docker://${name}`);
      await source.close();
    };
    await publish('old');
    await udocker(['pull', name]);
    const before = snapshot(top);
    await publish('new');
    expect(await udocker(['pull', name])).toEqual(done as Result);
    expect((await udocker(['inspect', name])).stdout).toContain('"new"');
    expect(snapshot(top)).toHaveLength(before.length);
  });
});

suite('login', absent, () => {
  const name = () => `${locked.host}/${image}`;

  test('without: refused, and told how', async () => {
    const { udocker } = newHome();
    expect(complaint(await udocker(['pull', name()]))).toMatch(
      new RegExp(`refuses anonymous users.*\nHint: .*udocker login --registry=${locked.host}\n`),
    );
  });

  test('right password, then pull; the keystore is for the owner only; logout, and it is refused again', async () => {
    const { top, udocker } = newHome();
    const where = `--registry=${locked.host}`;
    expect(
      (await udocker(['login', where, '--username=ann', '--password-stdin'], { stdin: 'se:cret\n' })).status,
    ).toBe(0);
    expect(statSync(join(top, 'keystore')).mode & 0o777).toBe(0o600);
    expect(await udocker(['pull', name()])).toEqual(done as Result);
    expect(await udocker(['logout', where])).toEqual(done as Result);
    expect(complaint(await udocker(['pull', name()]))).toContain('refuses anonymous users');
    expect(complaint(await udocker(['logout', where]))).toMatch(/^Error: .*\n(?:Hint: .*\n)?$/);
  });

  test('--password, as cwltool gives it; logout -a', async () => {
    const { udocker } = newHome();
    const env = { UDOCKER_REGISTRY: locked.url };
    expect((await udocker(['login', '--username=ann', '--password=se:cret'], { env })).status).toBe(0);
    expect(await udocker(['pull', image], { env })).toEqual(done as Result);
    expect(await udocker(['logout', '-a'], { env })).toEqual(done as Result);
    expect(complaint(await udocker(['pull', 'lab/tool:oci'], { env }))).toContain('refuses anonymous users');
  });

  test('wrong password: said at once, nothing stored', async () => {
    const { top, udocker } = newHome();
    const words = ['login', `--registry=${locked.host}`, '--username=ann', '--password-stdin'];
    const said = complaint(await udocker(words, { stdin: 'wrong' }));
    expect(said).toMatch(/Error: .*ann.*\nHint: /);
    expect(said).not.toContain('wrong\n');
    expect(snapshot(top)).not.toContain(expect.stringContaining('keystore'));
    expect((await udocker(['login', `--registry=${locked.host}`])).status).toBe(2);
  });

  test("Docker's own login is used", async () => {
    const { udocker } = newHome();
    const directory = join(lab.directory, 'docker');
    mkdirSync(directory, { recursive: true });
    const auth = Buffer.from('ann:se:cret').toString('base64');
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ auths: { [locked.host]: { auth } } }));
    expect(await udocker(['pull', name()], { env: { DOCKER_CONFIG: directory } })).toEqual(done as Result);
  });
});

suite('TLS with a made authority', absent, () => {
  const name = () => `localhost:${secure.port}/${image}`;

  test('refused with the way out; SSL_CERT_FILE; --insecure', async () => {
    const said = complaint(await newHome().udocker(['pull', name()]));
    expect(said).toMatch(
      /the certificate of localhost:\d+ is not trusted .*\nHint: .*SSL_CERT_FILE.*--insecure/,
    );
    const env = { SSL_CERT_FILE: join(shop.directory, 'ca.crt') };
    expect(await newHome().udocker(['pull', name()], { env })).toEqual(done as Result);
    expect(await newHome().udocker(['--insecure', 'pull', name()])).toEqual(done as Result);
    const { udocker } = newHome();
    const file = join(lab.directory, 'insecure.conf');
    writeFileSync(file, '[DEFAULT]\nhttp_insecure = True\n');
    expect(await udocker([`--config=${file}`, 'pull', name()])).toEqual(done as Result);
  });

  test('asked in plain http', async () => {
    const said = complaint(
      await newHome().udocker(['pull', `--registry=http://localhost:${secure.port}`, image]),
    );
    expect(said).toMatch(/speaks https, and was asked in plain http\nHint: use https:\/\//);
  });
});

/** Names the proxy in each way. The environment's does not serve loopback (as in Go), hence `outer`. */
async function pullThrough(proxy: string, target: string, env: Record<string, string> = {}): Promise<void> {
  expect(await newHome().udocker(['pull', `--httpproxy=${proxy}`, target], { env })).toEqual(done as Result);
  const { udocker } = newHome();
  const file = join(lab.directory, `proxy-${count}.conf`);
  writeFileSync(file, `[DEFAULT]\nhttp_proxy = ${proxy}\n`);
  expect(await udocker([`--config=${file}`, 'pull', target], { env })).toEqual(done as Result);
  if (outer === undefined) return;
  const words = ['pull', `--registry=${outer.url}`, image];
  expect(await newHome().udocker(words, { env: { http_proxy: proxy } })).toEqual(done as Result);
}

const caFile = () => ({ SSL_CERT_FILE: join(shop.directory, 'ca.crt') });

suite('proxies of the environment', absent, () => {
  test('are used, but for what no_proxy names', async () => {
    if (outer === undefined)
      return expect(
        Object.values(networkInterfaces())
          .flat()
          .every((one) => one?.internal),
      ).toBe(true);
    const words = ['pull', `--registry=${outer.url}`, image];
    const env = { http_proxy: 'http://127.0.0.1:1' };
    const said = complaint(await newHome().udocker(words, { env }));
    expect(said).toMatch(/the proxy 127\.0\.0\.1:1 cannot be reached.*\nHint: .*http_proxy/);
    const around = { ...env, no_proxy: new URL(outer.url).hostname };
    expect(await newHome().udocker(words, { env: around })).toEqual(done as Result);
  });
});

suite('tinyproxy', absent ?? missing('tinyproxy'), () => {
  test('by option, configuration and environment; wrong login; no_proxy', async () => {
    const port = await startTinyproxy(shop, ['bob', 'builder'], secure.port);
    const proxy = `http://bob:builder@127.0.0.1:${port}`;
    await pullThrough(proxy, `localhost:${secure.port}/${image}`, caFile());
    const log = readFileSync(join(shop.directory, 'tinyproxy.log'), 'utf8');
    expect(log.match(new RegExp(`CONNECT localhost:${secure.port}`, 'g'))?.length).toBeGreaterThanOrEqual(2);
    const target = `localhost:${secure.port}/${image}`;
    const wrong = `--httpproxy=http://bob:nonsense@127.0.0.1:${port}`;
    const said = complaint(await newHome().udocker(['pull', wrong, target]));
    expect(said).toMatch(/the proxy 127\.0\.0\.1:\d+ wants another login.*\nHint: .*user:password@/);
    expect(said).not.toContain('nonsense');
  });
});

suite('squid', absent ?? missing('squid'), () => {
  test('plain http and https', async () => {
    const proxy = `http://127.0.0.1:${await startSquid(shop)}`;
    await pullThrough(proxy, `localhost:${secure.port}/${image}`, caFile());
    expect(
      await newHome().udocker(['pull', `--httpproxy=${proxy}`, `--registry=${plain.url}`, image]),
    ).toEqual(done as Result);
  });
});

suite('microsocks', absent ?? missing('microsocks'), () => {
  test('SOCKS5 with a login, names looked up here or there; wrong login', async () => {
    const port = await startMicrosocks(shop, ['bob', 'builder']);
    await pullThrough(
      `socks5://bob:builder@127.0.0.1:${port}`,
      `localhost:${secure.port}/${image}`,
      caFile(),
    );
    await pullThrough(
      `socks5h://bob:builder@127.0.0.1:${port}`,
      `localhost:${secure.port}/${image}`,
      caFile(),
    );
    const wrong = [
      'pull',
      `--httpproxy=socks5://bob:nonsense@127.0.0.1:${port}`,
      `localhost:${secure.port}/${image}`,
    ];
    expect(complaint(await newHome().udocker(wrong, { env: caFile() }))).toMatch(
      /the proxy .* wants another login/,
    );
  });
});

suite('dante', absent ?? missing('danted'), () => {
  test('SOCKS4', async () => {
    const proxy = `socks4://127.0.0.1:${await startDante(shop)}`;
    await pullThrough(proxy, `localhost:${secure.port}/${image}`, caFile());
  });
});
