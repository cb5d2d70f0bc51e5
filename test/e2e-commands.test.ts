/**
 * Commands that look after what is there, with the built file as an unprivileged user: setup, verify, manifest,
 * search, install, doctor.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { noBusybox, suite } from './support/e2e.ts';
import { type Lab, openLab, type Result } from './support/lab.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';
import { publishImage } from './support/small-image.ts';
import { tar } from './support/tar-writer.ts';

let server: RegistryServer;
let lab: Lab;
let image = '';
let root = '';

beforeAll(async () => {
  if (noBusybox !== undefined) return;
  server = await startRegistry({ pageSize: 2 });
  publishImage(server, 'lab/tool', '1');
  publishImage(server, 'lab/tool', '2');
  publishImage(server, 'lab/tool', 'latest');
  publishImage(server, 'other/thing', 'latest');
  image = `${server.host}/lab/tool:1`;
  lab = openLab();
  await good('pull', image);
  await good('create', '--name=box', image);
  root = (await good('inspect', '-p', 'box')).stdout.trim();
}, 120_000);
afterAll(async () => {
  lab?.close();
  await server?.close();
});

async function good(...words: string[]): Promise<Result> {
  const result = await lab.udocker(words);
  expect([words, result.status, result.stderr.replace(/^(?:Info|Warning): .*\n/gm, '')]).toEqual([
    words,
    0,
    '',
  ]);
  return result;
}

suite('setup', noBusybox, () => {
  test('shows the mode that a run takes, sets another, and runs in it', async () => {
    expect((await good('setup', 'box')).stdout).toBe('execmode: N1\nnvidiamode: False\n');
    await good('setup', '--execmode=n2', 'box');
    expect((await good('setup', 'box')).stdout).toStartWith('execmode: N2\n');
    expect((await good('run', 'box', 'sh', '-c', 'echo $container_execmode')).stdout).toBe('N2\n');
    expect((await good('ps', '-m')).stdout).toMatch(/ W N2 +\['box'\]/);
    await good('setup', '--execmode=N1', 'box');
  }, 120_000);

  test('a mode that cannot work is set only by force, with a warning', async () => {
    const refused = await lab.udocker(['setup', '--execmode=S1', 'box']);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^Error: mode S1 .* cannot run here: .*\nHint: .*--force\n$/),
    ]);
    expect((await good('setup', 'box')).stdout).toStartWith('execmode: N1\n');
    const forced = await lab.udocker(['setup', '--execmode=S1', '--force', 'box']);
    expect([forced.status, forced.stderr]).toEqual([0, expect.stringMatching(/^Warning: mode S1 /)]);
    expect((await good('setup', 'box')).stdout).toStartWith('execmode: S1\n');
    await good('setup', '--execmode=N1', 'box');
  }, 120_000);

  test('not of a protected or a running container', async () => {
    await good('protect', 'box');
    const locked = await lab.udocker(['setup', '--execmode=N2', 'box']);
    expect([locked.status, locked.stderr]).toEqual([1, expect.stringContaining('container is protected')]);
    await good('unprotect', 'box');
    const up = join(lab.directory, 'up');
    const running = `sleep 5 | ${lab.executable} run box sh -c 'echo up; read x' > ${up} &`;
    const ready = `while ! grep -qs up ${up}; do sleep 0.1; done`;
    const script = `${running} ${ready}; ${lab.executable} setup --execmode=N2 box`;
    const { status, stderr } = await lab.run(['sh', '-c', script]);
    expect([status, stderr]).toEqual([1, expect.stringContaining('it is running')]);
    await lab.run(['sh', '-c', `while ! ${lab.executable} setup --execmode=N1 box; do sleep 0.2; done`]);
  }, 120_000);

  test('--fixperm opens what modes have closed, and follows no link', async () => {
    await good('run', 'box', 'sh', '-c', 'mkdir /shut; touch /shut/f; chmod 0 /shut/f /shut');
    writeFileSync(join(lab.directory, 'outside'), '', { mode: 0o444 });
    symlinkSync(join(lab.directory, 'outside'), join(root, 'link'));
    await good('setup', '--fixperm', 'box');
    expect(statSync(join(root, 'shut')).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, 'shut/f')).mode & 0o777).toBe(0o600);
    expect(statSync(join(lab.directory, 'outside')).mode & 0o777).toBe(0o444);
  }, 120_000);

  test("--nvidia copies the host's driver, over files that are there by force only, and never out of the container", async () => {
    const [driver, away] = [join(lab.directory, 'driver'), join(lab.directory, 'elsewhere')];
    for (const directory of [join(driver, 'tls'), away]) mkdirSync(directory, { recursive: true });
    writeFileSync(join(driver, 'libcuda.so.535.1'), 'one', { mode: 0o555 });
    symlinkSync('libcuda.so.535.1', join(driver, 'libcuda.so.1'));
    writeFileSync(join(driver, 'tls/libnvidia-tls.so.1'), 'tls');
    writeFileSync(join(driver, 'libother.so'), 'no part of it');
    const nvidia = (...words: string[]) =>
      lab.udocker(['setup', '--nvidia', ...words, 'box'], { env: { LD_LIBRARY_PATH: `relative:${driver}` } });

    const nowhere = await nvidia();
    expect([nowhere.status, nowhere.stderr]).toEqual([
      1,
      expect.stringMatching(/no directory for libraries.*\n.*\/usr\/lib64/),
    ]);
    await lab.run(['mkdir', '-p', join(root, 'usr/lib64')]);
    await lab.run(['ln', '-s', away, join(root, 'usr/lib64/tls')]);
    expect((await good('setup', 'box')).stdout).toContain('nvidiamode: False');
    const first = await nvidia();
    expect([first.status, first.stderr]).toEqual([0, expect.stringContaining('copied 3 files')]);
    expect((await good('setup', 'box')).stdout).toContain('nvidiamode: True');
    expect(readFileSync(join(root, 'usr/lib64/libcuda.so.1'), 'utf8')).toBe('one');
    expect(statSync(join(root, 'usr/lib64/libcuda.so.535.1')).mode & 0o777).toBe(0o755);
    expect(readdirSync(away)).toEqual([]);
    expect(readFileSync(join(root, away, 'libnvidia-tls.so.1'), 'utf8')).toBe('tls');

    const second = await nvidia();
    expect([second.status, second.stderr]).toEqual([
      1,
      expect.stringMatching(/is there already\nHint: .*--force/),
    ]);
    chmodSync(join(driver, 'libcuda.so.535.1'), 0o755);
    writeFileSync(join(driver, 'libcuda.so.535.1'), 'two');
    expect((await nvidia('--force')).status).toBe(0);
    expect((await good('run', 'box', 'cat', '/usr/lib64/libcuda.so.1')).stdout).toBe('two');
    const none = await lab.udocker(['setup', '--nvidia', '--force', 'box']);
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('has no NVIDIA driver')]);
  }, 120_000);

  test('mount points of a run are known: --purge takes the empty ones away, and so does the next run', async () => {
    const volume = (target: string) => ['run', `--volume=/etc:${target}`, 'box', 'true'];
    await good(...volume('/points/a/b'));
    expect(existsSync(join(root, 'points/a/b'))).toBe(true);
    await good('run', 'box', 'true');
    expect(existsSync(join(root, 'points'))).toBe(false);
    await good(...volume('/points/a/b'));
    await good(...volume('/points/c'));
    const away = join(lab.directory, 'away');
    mkdirSync(join(away, 'b'), { recursive: true });
    writeFileSync(join(root, 'points/kept'), 'of a program');
    rmSync(join(root, 'points/a'), { recursive: true, force: true });
    symlinkSync(away, join(root, 'points/a'));
    await good('setup', '--purge', 'box');
    expect(readdirSync(join(root, 'points')).sort()).toEqual(['a', 'kept']);
    expect(existsSync(join(away, 'b'))).toBe(true);
    await good('run', 'box', 'sh', '-c', 'rm -r /points');
  }, 120_000);
});

suite('verify', noBusybox, () => {
  test('a whole image; a damaged layer is named; a damaged configuration too', async () => {
    expect((await good('verify', image)).stderr).toContain(`Info: image ok: ${image}\n`);
    const layers = join(lab.home, '.udocker/layers');
    const blobs = readdirSync(layers).filter((name) => name.startsWith('sha256:'));
    expect(blobs.length).toBeGreaterThanOrEqual(2);
    for (const blob of blobs) {
      const path = join(layers, blob);
      const whole = readFileSync(path);
      chmodSync(path, 0o644);
      const damaged = Buffer.from(whole);
      const middle = damaged.length >> 1;
      damaged[middle] = (damaged[middle] ?? 0) ^ 1;
      writeFileSync(path, damaged);
      const { status, stderr } = await lab.udocker(['-q', 'verify', image]);
      expect([blob, status]).toEqual([blob, 1]);
      expect(stderr).toMatch(new RegExp(`${blob}|its configuration`));
      writeFileSync(path, whole);
      chmodSync(path, 0o444);
    }
    await good('verify', image);
    expect((await lab.udocker(['verify', 'nosuch'])).status).toBe(1);
  }, 120_000);
});

suite('manifest', noBusybox, () => {
  test('of an image that is not pulled; an unknown one is an error', async () => {
    const before = existsSync(join(lab.home, '.udocker/repos', server.host, 'other'));
    const { stdout } = await good('manifest', 'inspect', `${server.host}/other/thing`);
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 2, layers: [{ digest: expect.any(String) }] });
    expect(existsSync(join(lab.home, '.udocker/repos', server.host, 'other'))).toBe(before);
    const unknown = await lab.udocker(['manifest', 'inspect', `${server.host}/no/thing`]);
    expect([unknown.status, unknown.stdout]).toEqual([1, '']);
    expect((await lab.udocker(['manifest', 'create', image])).status).toBe(2);
  }, 120_000);
});

suite('search', noBusybox, () => {
  test('a plain registry lists its images, page by page; tags one per line', async () => {
    expect((await good('search', `--registry=${server.url}`)).stdout).toBe('lab/tool\nother/thing\n');
    expect((await good('search', `${server.host}/thing`)).stdout).toBe(`${server.host}/other/thing\n`);
    expect((await good('search', '--list-tags', `${server.host}/lab/tool`)).stdout).toBe('1\n2\nlatest\n');
    const unknown = await lab.udocker(['search', '--list-tags', `${server.host}/lab/none`]);
    expect([unknown.status, unknown.stdout]).toEqual([1, '']);
    expect((await lab.udocker(['search'])).status).toBe(2);
  }, 120_000);

  test('an index, of Docker Hub or of the first version, tells more', async () => {
    const results = Array.from({ length: 130 }, (_, at) => ({
      repo_name: `found/${at}`,
      name: `found/${at}`,
      short_description: `number\n${at}`,
      description: `number ${at} of the old`,
      star_count: at,
      is_official: at === 0,
    }));
    const words: string[] = [];
    const index = async (path: string): Promise<Server> => {
      const made = createServer((request, response) => {
        const url = new URL(request.url ?? '', 'http://x');
        words.push(url.searchParams.get('query') ?? url.searchParams.get('q') ?? '');
        const page = Number(url.searchParams.get('page'));
        if (url.pathname !== path || page > 2) return response.writeHead(404).end();
        response.end(JSON.stringify({ results: results.slice((page - 1) * 100, page * 100) }));
      });
      await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
      return made;
    };
    for (const [path, last] of [
      ['/v2/search/repositories', '129'],
      ['/v1/search', '129'],
    ] as const) {
      const made = await index(path);
      const { port } = made.address() as AddressInfo;
      const source = [`--registry=${server.url}`, `--index=http://127.0.0.1:${port}`];
      const some = await good('search', ...source, 'a&b c');
      const lines = some.stdout.trimEnd().split('\n');
      expect(lines).toHaveLength(101);
      expect(lines[0]).toMatch(/^NAME +OFFICIAL +DESCRIPTION +STARS$/);
      expect(lines[1]).toMatch(/^found\/0 +\[OK\] +number 0/);
      expect(some.stderr).toContain('--all');
      expect(words.every((word) => word === 'a&b c')).toBe(true);
      const all = await good('search', '-a', '--format=json', ...source, 'a&b c');
      expect(JSON.parse(all.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
        name: `found/${last}`,
      });
      made.close();
    }
  }, 120_000);
});

suite('install', noBusybox, () => {
  /** An archive of engines: one program, what is no plain file, and names that lead away. */
  function archive(release: string, program: string): string {
    const path = join(lab.directory, `engines-${release}.tar.gz`);
    const items = [
      { name: 'udocker_dir/lib/VERSION', content: `${release}\n` },
      { name: `udocker_dir/bin/${program}`, content: '#!/bin/sh\n', mode: 0o644 },
      { name: 'udocker_dir/lib/link', type: '2', linkName: '/etc/passwd' },
      { name: 'udocker_dir/lib/second', type: '2', linkName: 'VERSION' },
      { name: 'udocker_dir/doc/README', content: 'read me' },
      { name: 'elsewhere', content: 'not ours' },
    ];
    writeFileSync(path, gzipSync(tar(...items)));
    return path;
  }

  test('from the first place that has a suitable archive, whole or not at all', async () => {
    const top = join(lab.directory, 'engines');
    const [old, good] = [archive('1.0.0', 'old'), archive('1.2.11', 'proot-x86_64')];
    const served = createServer((request, response) => {
      if (request.url !== '/good') return response.writeHead(404).end();
      response.end(readFileSync(good));
    });
    await new Promise<void>((resolve) => served.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(served.address() as AddressInfo).port}`;
    const install = (tarball: string, ...words: string[]) =>
      lab.udocker(['-q', 'install', ...words], { env: { UDOCKER_DIR: top, UDOCKER_TARBALL: tarball } });
    const files = () => ['bin', 'lib', 'doc'].flatMap((part) => readdirSync(join(top, part)).sort());
    const nothing = await install('/etc/passwd');
    expect([nothing.status, nothing.stderr]).toEqual([1, expect.stringContaining('cannot be unpacked')]);
    expect((await install(old)).stderr).toContain('release 1.0.0, at least 1.2.11');
    expect((await install(`${url}/none`)).stderr).toContain('status 404');
    expect(files()).toEqual([]);
    expect(await install(`${url}/none ${old} ${url}/good`)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(files()).toEqual(['proot-x86_64', 'VERSION', 'second', 'README']);
    expect(statSync(join(top, 'bin/proot-x86_64')).mode & 0o777).toBe(0o755);
    expect(readdirSync(join(top, '.staging'))).toEqual([]);
    expect((await install('/nonexistent')).status).toBe(0);
    expect((await install(old, '--force', '--purge')).status).toBe(0);
    expect(files()).toEqual(['old', 'VERSION', 'second', 'README']);
    expect((await install(good, '--purge')).status).toBe(0);
    expect(files()).toEqual(['proot-x86_64', 'VERSION', 'second', 'README']);
    served.close();
  }, 120_000);
});

suite('doctor', noBusybox, () => {
  test('a repository that was named and is not there is not half made', async () => {
    const top = join(lab.directory, 'nowhere');
    for (const words of [['doctor'], ['login', '--username=u', '--password=p', `--registry=${server.url}`]]) {
      const { status, stderr } = await lab.udocker([`--repo=${top}`, ...words]);
      expect([status, stderr]).toEqual([1, expect.stringContaining('there is no udocker repository')]);
    }
    expect(existsSync(top)).toBe(false);
  });

  test('tells of every mode whether it works, with the program or the reason', async () => {
    const { stdout } = await good('doctor', '--format=json');
    const { modes } = JSON.parse(stdout);
    const of = (name: string) => modes.find(({ mode }: { mode: string }) => mode === name);
    expect(of('N1')).toMatchObject({ default: true, engines: [{ engine: 'native', works: true }] });
    expect(of('F1')).toMatchObject({ engines: [{ engine: 'native', works: true }, {}] });
    expect(of('S1').engines).toEqual([
      { engine: 'singularity', works: false, reason: expect.any(String), hint: expect.any(String) },
    ]);
    const text = (await good('doctor')).stdout;
    expect(text).toMatch(/^N1 +yes, default +\S/m);
    expect(text).toMatch(/^S1 +no +\S/m);
    const none = await lab.udocker(['doctor'], { env: { UDOCKER_USE_PROOT_EXECUTABLE: '/nonexistent' } });
    expect([none.status, none.stdout]).toEqual([
      0,
      expect.stringMatching(/^P1 +no .*\n +proot: .*\/nonexistent/m),
    ]);
  }, 120_000);
});
