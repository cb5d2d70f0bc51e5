/**
 * The built file stopped in the middle, by kill -9 and by Ctrl-C, then the same command again; and several at once
 * on one image. What counts is that the repository is whole at the end and nothing was left over.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { noBusybox, snapshot, suite } from './support/e2e.ts';
import { type Lab, openLab } from './support/lab.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';
import { until } from './support/run-lab.ts';
import { busyboxTar, noise, publishImage, sha256 } from './support/small-image.ts';
import { tar } from './support/tar-writer.ts';

let server: RegistryServer;
let lab: Lab;
let count = 0;
let layers: readonly string[] = [];

beforeAll(async () => {
  if (noBusybox !== undefined) return;
  server = await startRegistry();
  lab = openLab();
  const big = tar(
    { name: 'big/' },
    ...Array.from({ length: 16 }, (_, at) => ({ name: `big/${at}`, content: noise(2 << 20, `${at}`) })),
  );
  const small = tar(...Array.from({ length: 3000 }, (_, at) => ({ name: `many/${at}`, content: `${at}` })));
  layers = publishImage(server, 'lab/big', '1', { tars: [busyboxTar(), big, small] }).layers.map(
    ({ digest }) => digest,
  );
});
afterAll(async () => {
  lab?.close();
  await server?.close();
});

const image = () => `${server.host}/lab/big:1`;

interface Repository {
  readonly top: string;
  readonly env: Readonly<Record<string, string>>;
  run(...words: string[]): ReturnType<Lab['udocker']>;
}

function newRepository(): Repository {
  count += 1;
  const top = join(lab.directory, `repository-${count}`);
  const env = { UDOCKER_DIR: top };
  return { top, env, run: (...words) => lab.udocker(words, { env }) };
}

/** Starts the tool as the lab's account, in a process group of its own, and keeps hold of it. */
function start({ env }: Repository, ...words: string[]) {
  const asLab = process.getuid?.() === 0 ? { uid: lab.uid, gid: lab.gid } : {};
  const child: ChildProcess = spawn(lab.executable, words, {
    ...asLab,
    cwd: lab.home,
    env: { PATH: process.env.PATH ?? '', HOME: lab.home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stdout?.resume();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stderr })),
  );
  return { child, ended };
}

/** Bytes of blobs that are here, in part or whole. */
function arrived(top: string): number {
  const directory = join(top, 'layers');
  if (!existsSync(directory)) return 0;
  return readdirSync(directory)
    .filter((name) => name.includes('sha256:'))
    .reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** The blobs, each with the digest that its name says; nothing half-way; no leftover anywhere. */
function expectWhole(top: string): void {
  const names = readdirSync(join(top, 'layers')).filter((name) => name !== '.lock');
  expect(names).toHaveLength(layers.length + 1);
  for (const name of names) expect(sha256(readFileSync(join(top, 'layers', name)))).toBe(name);
  const odd = snapshot(top).filter((line) => /(?:^|\/)\./.test(line.split(' ')[0] ?? ''));
  expect(odd).toEqual([]);
}

/** Slows the blobs down, so that there is a middle. */
function slowly(times: number): void {
  server.fault({
    match: /^GET \/v2\/lab\/big\/blobs/,
    fault: { kind: 'slow', pieces: 40, delayMs: 40 },
    times,
  });
}

suite('stopped and started again', noBusybox, () => {
  test('kill -9 in mid-pull: nothing half-way is visible, the next pull goes on', async () => {
    const repository = newRepository();
    slowly(4);
    const { child, ended } = start(repository, 'pull', image());
    await until(() => arrived(repository.top) > 8_000_000);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const here = arrived(repository.top);
    expect((await repository.run('-q', 'images')).stdout).toBe('');
    const asked = server.log.length;
    expect(await repository.run('pull', image())).toMatchObject({ status: 0, stdout: '' });
    const ranges = server.log
      .slice(asked)
      .map(({ headers }) => Number(/\d+/.exec(headers.range ?? '0')?.[0]));
    expect(Math.max(...ranges)).toBeGreaterThan(here / 4);
    expectWhole(repository.top);
  });

  test('Ctrl-C in mid-pull: 130, one line, and the next pull goes on', async () => {
    const repository = newRepository();
    slowly(4);
    const { child, ended } = start(repository, 'pull', image());
    await until(() => arrived(repository.top) > 8_000_000);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect([code, stderr.split('\n').filter((line) => !line.startsWith('Info: '))]).toEqual([
      130,
      ['Error: stopped by Ctrl-C', ''],
    ]);
    expect((await repository.run('-q', 'images')).stdout).toBe('');
    expect((await repository.run('pull', image())).status).toBe(0);
    expectWhole(repository.top);
  });

  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    '%s in mid-create: no container, and the next one is whole',
    async (signal) => {
      const repository = newRepository();
      expect((await repository.run('pull', image())).status).toBe(0);
      const before = snapshot(repository.top);
      const { child, ended } = start(repository, 'create', '--name=box', image());
      const staging = join(repository.top, '.staging');
      const begun = () =>
        existsSync(staging) &&
        readdirSync(staging).some((name) => existsSync(join(staging, name, 'ROOT/bin')));
      await until(begun);
      child.kill(signal);
      const outcome = await ended;
      expect(outcome).toMatchObject(
        signal === 'SIGKILL' ? { signal } : { code: signal === 'SIGINT' ? 130 : 143 },
      );
      expect((await repository.run('-q', 'ps')).stdout.trim().split('\n')).toHaveLength(1);
      if (signal !== 'SIGKILL') expect(snapshot(repository.top)).toEqual(before);
      const again = await repository.run('create', '--name=box', image());
      expect([again.status, again.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
      const root = join(repository.top, 'containers', again.stdout.trim(), 'ROOT');
      expect([readdirSync(join(root, 'many')).length, readdirSync(join(root, 'big')).length]).toEqual([
        3000, 16,
      ]);
      expect((await repository.run('rm', 'box')).status).toBe(0);
      expect(snapshot(repository.top)).toEqual(before);
    },
  );

  test('kill -9 in mid-rm: the rest goes with the next command', async () => {
    const repository = newRepository();
    await repository.run('pull', image());
    const before = snapshot(repository.top);
    const id = (await repository.run('create', '--name=box', image())).stdout.trim();
    const { child, ended } = start(repository, 'rm', 'box');
    await until(() => child.exitCode !== null || !existsSync(join(repository.top, 'containers', id)));
    child.kill('SIGKILL');
    await ended;
    expect((await repository.run('ps')).stdout).not.toContain(id);
    const other = (await repository.run('create', image())).stdout.trim();
    await repository.run('rm', other);
    expect(snapshot(repository.top)).toEqual(before);
  });
});

suite('at once', noBusybox, () => {
  test('four pulls of one image: each blob comes once', async () => {
    const repository = newRepository();
    const asked = server.log.length;
    slowly(4);
    const all = await Promise.all(Array.from({ length: 4 }, () => repository.run('pull', image())));
    expect(all.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expectWhole(repository.top);
    const fetched = server.log
      .slice(asked)
      .filter(({ method, path }) => method === 'GET' && layers.some((digest) => path.endsWith(digest)));
    expect(fetched).toHaveLength(layers.length);
  });

  test('four creates, and four runs that pull: each gets a container of its own; one name goes to one', async () => {
    const repository = newRepository();
    const run = () => repository.run('-q', 'run', '--execmode=P1', '--dry-run', image(), 'true');
    const named = () => repository.run('create', '--name=box', image());
    const all = await Promise.all([run(), run(), run(), run()]);
    expect(all.map(({ status, stderr }) => [status, stderr])).toEqual(Array(4).fill([0, '']));
    const creations = await Promise.all([named(), named(), named(), named()]);
    expect(creations.map(({ status }) => status).sort()).toEqual([0, 1, 1, 1]);
    for (const { status, stderr } of creations) {
      if (status !== 0)
        expect(stderr).toContain('Error: container name already exists: the name box is taken');
    }
    const listed = (await repository.run('-q', 'ps')).stdout.trim().split('\n');
    expect(listed).toHaveLength(1 + 5);
    expectWhole(repository.top);
    const ids = listed.slice(1).map((line) => line.slice(0, 36));
    const removals = await Promise.all(ids.map((id) => repository.run('rm', id)));
    expect(removals.map(({ status }) => status)).toEqual(ids.map(() => 0));
    expect((await repository.run('rmi', image())).status).toBe(0);
    expect(snapshot(repository.top).filter((line) => /^(?:layers|repos|containers)\/./.test(line))).toEqual(
      [],
    );
  });
});
