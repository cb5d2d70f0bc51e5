import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { asUnprivileged, makeStore, type TestStore, treeOf } from '../../test/support/store.ts';
import { type HostPath, under } from '../paths.ts';
import type { Container } from './container-entry.ts';
import type { StoreEvent } from './events.ts';
import { layoutUnder } from './layout.ts';
import { createRepository } from './repository.ts';
import { openStore } from './store.ts';

let at: TestStore;
beforeEach(() => {
  at = makeStore();
});
afterEach(() => at.remove());

const image = { image: 'lab/bb:1', configText: '{"os":"linux","architecture":"arm64"}' };
const nothing = async (): Promise<void> => undefined;
const create = (name?: string): Promise<Container> => at.store.containers.create({ ...image, name }, nothing);
const inContainers = (...parts: string[]): HostPath => under(at.store.layout.containers, ...parts);

async function failure(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it succeeded');
}

test('a container is exactly what udocker writes', async () => {
  const container = await at.store.containers.create(
    { ...image, name: 'web', executionMode: 'P2' },
    async ({ root }) => writeFileSync(under(root, 'file'), 'x'),
  );
  const { id } = container;
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(treeOf(inContainers())).toEqual(
    [
      id,
      `${id}/ROOT`,
      `${id}/ROOT/file`,
      `${id}/container.json`,
      `${id}/execmode`,
      `${id}/imagerepo.name`,
      'web',
    ].sort(),
  );
  expect(readlinkSync(inContainers('web'))).toBe(id);
  expect(readFileSync(inContainers(id, 'imagerepo.name'), 'utf8')).toBe('lab/bb:1');
  expect(readFileSync(inContainers(id, 'execmode'), 'utf8')).toBe('P2');
  expect(readFileSync(inContainers(id, 'container.json'), 'utf8')).toBe(image.configText);
  expect(at.store.containers.find('web')).toEqual(container);
  expect(at.store.containers.find(id)).toEqual(container);
  expect(at.store.containers.list()).toEqual([container]);
  expect(at.store.containers.executionMode(container)).toBe('P2');
  expect(at.store.containers.platform(container)).toEqual({ os: 'linux', architecture: 'arm64' });
});

test('nothing is visible while it is made, but its name is taken', async () => {
  await at.store.containers.create({ ...image, name: 'web' }, async () => {
    expect(at.store.containers.list()).toEqual([]);
    expect(at.store.containers.find('web')).toBeUndefined();
    expect(await failure(() => create('web'))).toMatchObject({ code: 'CONFLICT' });
  });
  expect(at.store.containers.list()).toHaveLength(1);
});

test('a failure leaves neither directory nor name', async () => {
  const broken = at.store.containers.create({ ...image, name: 'web' }, async ({ root }) => {
    mkdirSync(under(root, 'a'));
    throw new Error('bad layer');
  });
  expect(await failure(() => broken)).toMatchObject({ message: 'bad layer' });
  expect(treeOf(at.top).filter((path) => /containers.|staging./.test(path))).toEqual([]);
  expect((await create('web')).names).toEqual(['web']);
});

test('a taken name is refused before any work', async () => {
  await create('web');
  let built = false;
  const error = await failure(() =>
    at.store.containers.create({ ...image, name: 'web' }, async () => {
      built = true;
    }),
  );
  expect(error).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('web') });
  expect(built).toBe(false);
  mkdirSync(inContainers('directory'));
  writeFileSync(inContainers('file'), '');
  for (const name of ['directory', 'file'])
    expect(await failure(() => create(name))).toMatchObject({ code: 'CONFLICT' });
});

test('names that cannot be', async () => {
  const id = 'a6202c2b-77bc-3b91-bbf3-1e5bb48a1480';
  for (const name of ['', 'a.b', '.', '..', 'a/b', 'a b', '[a]', '-\n', 'x'.repeat(256), id]) {
    expect([name, await failure(() => create(name))]).toMatchObject([name, { code: 'USAGE' }]);
    expect(at.store.containers.find(name)).toBeUndefined();
  }
  expect(treeOf(inContainers())).toEqual([]);
});

test('names are added, renamed and removed; a container may have several', async () => {
  const { containers } = at.store;
  const first = await create('one');
  const second = await create();
  await containers.addName(first, 'two');
  expect(containers.require('two').names).toEqual(['one', 'two']);
  expect(await failure(() => containers.addName(second, 'two'))).toMatchObject({ code: 'CONFLICT' });
  await containers.renameName('two', 'three');
  expect(containers.require(first.id).names).toEqual(['one', 'three']);
  expect(await failure(() => containers.renameName('none', 'x'))).toMatchObject({ code: 'NOT_FOUND' });
  expect(await failure(() => containers.renameName('one', 'three'))).toMatchObject({ code: 'CONFLICT' });
  expect(await failure(() => containers.renameName(first.id, 'x'))).toMatchObject({ code: 'NOT_FOUND' });
  await containers.removeName('one');
  expect(await failure(() => containers.removeName('one'))).toMatchObject({ code: 'NOT_FOUND' });
  expect(containers.require('three').id).toBe(first.id);
  await containers.requireFreeName('one');
  expect(await failure(() => containers.requireFreeName('three'))).toMatchObject({ code: 'CONFLICT' });
});

test('containers of udocker 1: absolute names, dangling names, foreign files', async () => {
  const { id } = await create();
  symlinkSync(inContainers(id), inContainers('absolute'));
  symlinkSync('a6202c2b-77bc-3b91-bbf3-1e5bb48a1480', inContainers('dangling'));
  symlinkSync('../../..', inContainers('hostile'));
  writeFileSync(inContainers('junk'), '');
  mkdirSync(inContainers('directory'));
  mkdirSync(inContainers('.hidden'));
  mkdirSync(inContainers('b6202c2b-77bc-3b91-bbf3-1e5bb48a1480'));
  expect(at.store.containers.list().map((each) => [each.id, each.names, each.image])).toEqual(
    [
      [id, ['absolute'], 'lab/bb:1'],
      ['b6202c2b-77bc-3b91-bbf3-1e5bb48a1480', [], ''],
    ].sort() as never,
  );
  for (const name of ['dangling', 'hostile', 'junk', 'directory', '.hidden', '.', '..', '../containers', ''])
    expect([name, at.store.containers.find(name)]).toEqual([name, undefined]);
  const reused = await create('dangling');
  expect(at.store.containers.require('dangling').id).toBe(reused.id);
});

test('what ps shows of ROOT', async () => {
  const { containers } = at.store;
  const container = await create();
  expect(containers.rootState(container)).toBe('writable');
  await asUnprivileged(container.root, () => {
    chmodSync(container.root, 0o555);
    expect(containers.rootState(container)).toBe('readonly');
    chmodSync(container.root, 0o755);
  });
  rmSync(container.root, { recursive: true });
  expect(containers.rootState(container)).toBe('missing');
  expect(containers.sizeInMb(container)).toBeUndefined();
  writeFileSync(container.root, '');
  expect(containers.rootState(container)).toBe('not-a-directory');
});

test('the size is that of du, hard links once, names of any bytes', async () => {
  const { containers } = at.store;
  const container = await create();
  writeFileSync(under(container.root, 'big'), new Uint8Array(3_000_000));
  linkSync(under(container.root, 'big'), under(container.root, 'again'));
  const odd = Buffer.concat([Buffer.from(`${container.root}/`), Buffer.from([0x66, 0xff])]);
  mkdirSync(odd);
  writeFileSync(Buffer.concat([odd, Buffer.from('/x')]), new Uint8Array(1_500_000));
  const du = Bun.spawnSync(['du', '-s', '-m', '-x', container.root]).stdout.toString();
  expect(containers.sizeInMb(container)).toBe(Number.parseInt(du, 10));
});

test('protected containers stay, also by force', async () => {
  const { containers } = at.store;
  const { id } = await create();
  containers.protect(containers.require(id));
  expect(existsSync(inContainers(id, 'PROTECT'))).toBe(true);
  expect(await failure(() => containers.remove(containers.require(id), { force: true }))).toMatchObject({
    code: 'CONFLICT',
  });
  containers.unprotect(containers.require(id));
  await containers.remove(containers.require(id));
  expect(containers.list()).toEqual([]);
});

test('removing takes everything, and follows nothing', async () => {
  const victim = under(at.directory, 'victim');
  mkdirSync(victim);
  writeFileSync(under(victim, 'precious'), 'x');
  const container = await create('web');
  await at.store.containers.addName(container, 'other');
  symlinkSync(victim, under(container.root, 'link'));
  symlinkSync(under(victim, 'precious'), under(container.root, 'file'));
  linkSync(under(victim, 'precious'), under(container.root, 'hard'));
  await at.store.containers.remove(at.store.containers.require('web'));
  expect(readdirSync(victim)).toEqual(['precious']);
  expect(treeOf(at.top).filter((path) => /containers.|staging./.test(path))).toEqual([]);
});

test('directories that deny their owner are removed all the same', async () => {
  await asUnprivileged(at.directory, async () => {
    const store = openStore(layoutUnder(under(at.directory, 'mine')), { whenMissing: 'create' });
    const container = await store.containers.create(image, async ({ root }) => {
      for (const mode of [0, 0o111, 0o222, 0o444, 0o555]) {
        const path = under(root, `d${mode}`, 'inner');
        mkdirSync(path, { recursive: true });
        writeFileSync(under(path, 'file'), '', { mode: 0 });
        const odd = Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff])]);
        mkdirSync(odd);
        writeFileSync(Buffer.concat([odd, Buffer.from('/x')]), '');
        chmodSync(odd, mode);
        chmodSync(path, mode);
        chmodSync(under(root, `d${mode}`), mode);
      }
      chmodSync(root, 0);
    });
    await store.containers.remove(container);
    expect(readdirSync(under(at.directory, 'mine', 'containers'))).toEqual(['.lock']);
    expect(readdirSync(under(at.directory, 'mine', '.staging'))).toEqual([]);
  });
});

test('a running container is refused, unless forced', async () => {
  const { containers } = at.store;
  const container = await create();
  const run = containers.lockForRun(container);
  const second = containers.lockForRun(container);
  expect(containers.isRunning(container)).toBe(true);
  run?.release();
  expect(await failure(() => containers.remove(container))).toMatchObject({
    code: 'CONFLICT',
    hint: expect.stringContaining('rm -f'),
  });
  expect(await failure(() => containers.lockForChange(container))).toMatchObject({ code: 'CONFLICT' });
  await containers.remove(container, { force: true });
  expect(containers.list()).toEqual([]);
  second?.release();
  expect(await failure(() => containers.lockForRun(container))).toMatchObject({ code: 'NOT_FOUND' });
});

test('a container that is being changed cannot be started', async () => {
  const container = await create();
  const change = at.store.containers.lockForChange(container);
  expect(await failure(() => at.store.containers.lockForRun(container))).toMatchObject({ code: 'CONFLICT' });
  change?.release();
  at.store.containers.lockForRun(container)?.release();
  expect(at.store.containers.isRunning(container)).toBe(false);
});

const mountable = process.getuid?.() === 0 && mountsWork();
test.skipIf(!mountable)('mounted file systems below are not touched (needs root and mount)', async () => {
  const container = await create();
  const point = under(container.root, 'mnt point');
  const source = under(at.directory, 'volume');
  mkdirSync(point);
  mkdirSync(source);
  writeFileSync(under(source, 'precious'), 'x');
  expect(Bun.spawnSync(['mount', '--bind', source, point]).exitCode).toBe(0);
  try {
    const error = await failure(() => at.store.containers.remove(container, { force: true }));
    expect(error).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(point) });
    expect(lstatSync(container.root).isDirectory()).toBe(true);
  } finally {
    Bun.spawnSync(['umount', point]);
  }
  await at.store.containers.remove(container);
  expect(readdirSync(source)).toEqual(['precious']);
});

function mountsWork(): boolean {
  return Bun.spawnSync(['unshare', '-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).exitCode === 0;
}

test('containers on another file system are made and removed there', async () => {
  // /dev/shm is one wherever there is one; otherwise this is the ordinary case once more.
  const other = existsSync('/dev/shm') ? '/dev/shm' : at.directory;
  const containers = under(other as HostPath, `udocker-test-${process.pid}`);
  const store = openStore({ ...at.store.layout, containers }, { whenMissing: 'create' });
  try {
    const container = await store.containers.create({ ...image, name: 'far' }, nothing);
    expect(store.containers.list()).toEqual([container]);
    await store.containers.remove(container);
    expect(readdirSync(containers)).toEqual(['.lock']);
  } finally {
    rmSync(containers, { recursive: true });
  }
});

test('a repository that is missing is made if it is the default one, and refused if it was named', async () => {
  const events: StoreEvent[] = [];
  const top = under(at.directory, 'fresh');
  const layout = layoutUnder(top);
  expect(await failure(() => openStore(layout, { whenMissing: 'refuse' }))).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(top),
  });
  expect(existsSync(top)).toBe(false);
  openStore(layout, { whenMissing: 'create', onEvent: (event) => events.push(event) });
  openStore(layout, { whenMissing: 'create', onEvent: (event) => events.push(event) });
  expect(events).toEqual([{ kind: 'repository-created', path: top }]);
  expect(readdirSync(top).sort()).toEqual(['bin', 'containers', 'doc', 'layers', 'lib', 'repos']);
  expect(await failure(() => createRepository(layout))).toMatchObject({ code: 'CONFLICT' });
  rmSync(under(top, 'repos'), { recursive: true });
  writeFileSync(under(top, 'repos'), '');
  expect(await failure(() => openStore(layout, { whenMissing: 'refuse' }))).toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining(`${top}/repos`),
  });
  expect(await failure(() => openStore(layout, { whenMissing: 'create' }))).toMatchObject({
    code: 'STORAGE',
  });
});

test('in a read-only repository looking and running work, and writing says why not', async () => {
  const container = await create('web');
  rmSync(under(container.directory, '.lock'));
  rmSync(inContainers('.lock'));
  const directories = [
    at.top,
    ...['containers', 'layers', 'repos'].map((part) => under(at.top, part)),
    container.directory,
  ];
  for (const directory of directories) chmodSync(directory, 0o555);
  try {
    await asUnprivileged(under(at.directory), async () => {
      const { containers, images } = openStore(at.store.layout, { whenMissing: 'create' });
      expect(containers.list().map(({ names }) => names)).toEqual([['web']]);
      expect(images.list()).toEqual([]);
      containers.lockForRun(containers.require('web'))?.release();
      for (const work of [
        () => containers.create(image, nothing),
        () => containers.remove(containers.require('web')),
        () => containers.addName(containers.require('web'), 'x'),
        () => containers.renameName('web', 'x'),
        () => containers.removeName('web'),
        async () => containers.setExecutionMode(containers.require('web'), 'R1'),
        async () => containers.protect(containers.require('web')),
      ])
        expect(await failure(work)).toMatchObject({
          code: 'STORAGE',
          hint: expect.stringContaining('--repo'),
        });
    });
  } finally {
    for (const directory of directories) chmodSync(directory, 0o755);
  }
  expect(at.store.containers.list()).toHaveLength(1);
});
