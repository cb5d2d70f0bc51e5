/** `udocker import` with the built file, as an unprivileged user: tars of ours, of GNU tar, and those that are none. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { busyboxLayer, dockerItems, sha256 } from './support/archives.ts';
import { makeContainer, rootOf, seenIn } from './support/container-lab.ts';
import { noBusybox, snapshot, suite } from './support/e2e.ts';
import { type Lab, openLab } from './support/lab.ts';
import { architecture } from './support/small-image.ts';
import { type Item, tar } from './support/tar-writer.ts';

let lab: Lab;
beforeAll(() => {
  lab = openLab();
});
afterAll(() => lab.close());

const at = (name: string): string => join(lab.home, name);
const own = (path: string): void => chownSync(path, lab.uid, lab.gid);
const top = (): string => join(lab.home, '.udocker');
function file(name: string, content: Uint8Array): string {
  writeFileSync(at(name), content);
  own(at(name));
  return at(name);
}

const tree = tar({ name: 'etc/' }, { name: 'etc/motd', content: 'hello', uid: 7, mode: 0o640 });

for (const [name, compress] of [
  ['plain', (bytes: Buffer) => bytes],
  ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
] as const) {
  test(`${name}: an image of one layer, from a file and through a pipe`, async () => {
    const bytes = compress(tree);
    const source = file('in.tar', bytes);
    const { status, stdout, stderr } = await lab.udocker([
      'import',
      '--platform=linux/arm64/v9',
      source,
      `imp/${name}:1`,
    ]);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toContain(`Info: added layer sha256:${sha256(bytes)}\n`);
    expect(existsSync(source)).toBe(true);
    expect((await lab.udocker(['-q', 'import', '-', `imp/${name}:2`], { stdin: bytes })).status).toBe(0);
    const config = JSON.parse((await lab.udocker(['inspect', `imp/${name}:1`])).stdout);
    expect(config).toMatchObject({
      os: 'linux',
      architecture: 'arm64',
      variant: 'v9',
      rootfs: { diff_ids: [`sha256:${sha256(tree)}`] },
    });
    expect(JSON.parse((await lab.udocker(['inspect', `imp/${name}:2`])).stdout).architecture).toBe(
      architecture,
    );
    expect((await lab.udocker(['verify', `imp/${name}:2`])).status).toBe(0);
    const id = (await lab.udocker(['-q', 'create', `imp/${name}:2`])).stdout.trim();
    expect(readFileSync(join(top(), 'containers', id, 'ROOT/etc/motd'), 'utf8')).toBe('hello');
  });
}

for (const name of ['xz', 'bzip2']) {
  const program = Bun.which(name);
  test.skipIf(program === null)(
    `${name}, with the program of that name${program === null ? ' (skipped: no such program)' : ''}`,
    async () => {
      const source = file(`in.${name}`, execFileSync(name, ['-c'], { input: tree }));
      const { status, stderr } = await lab.udocker(['import', source, `imp/${name}:1`]);
      expect([status, stderr]).toEqual([0, expect.stringContaining(`added layer sha256:${sha256(tree)}\n`)]);
      const [id] = (await lab.udocker(['-q', 'import', '--tocontainer', source])).stdout.split('\n');
      expect(readFileSync(join(top(), 'containers', id ?? '', 'ROOT/etc/motd'), 'utf8')).toBe('hello');
      const before = snapshot(top());
      const without = await lab.udocker(['-q', 'import', source, 'imp/no:1'], {
        env: { PATH: '/nonexistent' },
      });
      expect([without.status, without.stderr]).toEqual([1, expect.stringContaining(`there is no ${name}`)]);
      const cut = file(`cut.${name}`, readFileSync(source).subarray(0, 60));
      const damaged = await lab.udocker(['-q', 'import', cut, 'imp/no:1']);
      expect([damaged.status, damaged.stderr]).toEqual([1, expect.stringContaining(`with ${name}: `)]);
      expect(snapshot(top())).toEqual(before);
    },
  );
}

test('--mv takes the file without copying it, but only when it has become an image', async () => {
  const good = file('good.tar', tar({ name: 'a', content: 'moved' }));
  const inode = statSync(good).ino;
  expect((await lab.udocker(['import', '--mv', 'good.tar', 'imp/moved:1'])).status).toBe(0);
  expect(existsSync(good)).toBe(false);
  const blob = join(top(), 'layers', `sha256:${sha256(tar({ name: 'a', content: 'moved' }))}`);
  expect(statSync(blob).ino).toBe(inode);
  const bad = file('bad.tar', Buffer.from('no tar'.repeat(200)));
  expect((await lab.udocker(['import', '--mv', 'bad.tar', 'imp/bad:1'])).status).toBe(1);
  expect(existsSync(bad)).toBe(true);
  expect((statSync(bad).mode & 0o200) !== 0).toBe(true);
});

const hostile: Record<string, { readonly bytes: Uint8Array; readonly says: RegExp }> = {
  'a text': { bytes: Buffer.from('hello\n'.repeat(200)), says: /not a tar archive/ },
  nothing: { bytes: Buffer.alloc(0), says: /there is nothing in it/ },
  'an empty archive': { bytes: tar(), says: /there is nothing in it/ },
  'a cut archive': { bytes: tree.subarray(0, 1026), says: /ends in the middle/ },
  'a cut compression': { bytes: gzipSync(tree).subarray(0, 60), says: /too early/ },
  'a name outside': { bytes: tar({ name: '../evil', content: 'x' }), says: /climbs out of the root/ },
};

for (const [name, { bytes, says }] of Object.entries(hostile)) {
  test(`refuses ${name} as an image and as a container, and leaves nothing`, async () => {
    await lab.udocker(['images']);
    const before = snapshot(top());
    for (const words of [
      ['import', '-', 'imp/evil:1'],
      ['import', '--tocontainer', '--name=evil', '-'],
      ['import', '--clone', '-'],
    ]) {
      const { status, stdout, stderr } = await lab.udocker(words, { stdin: bytes });
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(words.includes('--clone') ? /^Error: / : says);
      expect(stderr).not.toContain('internal error');
    }
    expect(snapshot(top())).toEqual(before);
    expect(existsSync(at('evil'))).toBe(false);
  });
}

test('a pipe from which nothing comes any more can be broken off, and nothing stays', async () => {
  await lab.udocker(['images']);
  const before = snapshot(top());
  const start = file('start', tree.subarray(0, 1000));
  for (const words of ['import - imp/pipe:1', 'import --tocontainer --name=pipe -']) {
    const run = `${lab.executable} ${words} < <(cat ${start}; exec sleep 8 2>&-) & p=$!`;
    const line = `${run}; sleep 2; SECONDS=0; kill -INT $p; wait $p; echo "status $?, after $SECONDS"`;
    const { stdout } = await lab.run(['bash', '-mc', line]);
    expect(stdout).toMatch(/status 130, after [0-3]\n$/);
  }
  expect(snapshot(top())).toEqual(before);
});

test('an image archive is for load, a taken tag is a conflict, and words must make sense', async () => {
  const archive = tar(...dockerItems({ tags: ['a:1'], layers: [tree] }), {
    name: 'repositories',
    content: '{}',
  });
  const loadable = await lab.udocker(['import', '-', 'imp/archive:1'], { stdin: archive });
  expect([loadable.status, loadable.stderr]).toEqual([1, expect.stringContaining('udocker load -i -')]);
  await lab.udocker(['-q', 'import', '-', 'imp/taken:1'], { stdin: tree });
  const taken = await lab.udocker(['import', '-', 'imp/taken:1'], { stdin: tree });
  expect([taken.status, taken.stderr]).toEqual([1, expect.stringContaining('tag already exists in repo')]);
  expect(await lab.udocker(['import', 'nosuch.tar', 'a:1'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('there is no such file'),
  });
  expect(await lab.udocker(['import', '/', 'a:1'])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('it is a directory'),
  });
  for (const words of [
    ['import'],
    ['import', '-'],
    ['import', '--name=x', '-', 'a:1'],
    ['import', '-', 'A/B:1'],
  ])
    expect((await lab.udocker(words, { stdin: tree })).status).toBe(2);
});

/** Device nodes are left out, as of images, and nothing is said of the root's time where nothing else is. */
function without(text: string): string {
  const lines = text.split('\n').filter((line) => !line.startsWith('/w/zero ') && !line.startsWith('/ '));
  return lines.join('\n');
}

suite('containers out of archives', noBusybox, () => {
  let seen: string;
  beforeAll(async () => {
    await makeContainer(lab, 'box');
    seen = await seenIn(lab, 'box');
    writeFileSync(join(top(), 'containers/box/execmode'), 'N1');
    expect((await lab.udocker(['export', '-o', 'box.tar', 'box'])).status).toBe(0);
    expect((await lab.udocker(['export', '--clone', '-o', 'clone.tar', 'box'])).status).toBe(0);
  }, 120_000);

  test('export --clone and import --clone: the same container under another id', async () => {
    const { status, stdout, stderr } = await lab.udocker(['import', '--clone', '--name=back', 'clone.tar']);
    expect([status, stderr]).toEqual([0, '']);
    expect((await lab.udocker(['ps', '-m'])).stdout).toMatch(
      new RegExp(`^${stdout.trim()} \\. W N1 +\\['back'\\] +lab/box:1$`, 'm'),
    );
    expect(await seenIn(lab, 'back')).toBe(seen);
    expect((await lab.udocker(['inspect', 'back'])).stdout).toBe(
      (await lab.udocker(['inspect', 'box'])).stdout,
    );
    expect(statSync(join(rootOf(lab, 'back'), 'w/sparse')).blocks).toBe(
      statSync(join(rootOf(lab, 'box'), 'w/sparse')).blocks,
    );
  });

  test('export and import --tocontainer: the same files but device nodes', async () => {
    const line = `${lab.executable} export box | gzip | ${lab.executable} import --tocontainer --name=plain - my/image:3`;
    const { stdout, stderr } = await lab.run(['sh', '-c', line]);
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(stderr).toContain('left out: 1 device nodes');
    expect(without(await seenIn(lab, 'plain'))).toBe(without(seen));
    expect((await lab.udocker(['ps'])).stdout).toContain("['plain']");
    expect(readFileSync(join(top(), 'containers/plain/imagerepo.name'), 'utf8')).toBe('my/image:3');
  });

  test('export, import as an image, create: the same again', async () => {
    expect((await lab.udocker(['-q', 'import', 'box.tar', 'imp/box:1'])).status).toBe(0);
    expect((await lab.udocker(['-q', 'create', '--name=again', 'imp/box:1'])).status).toBe(0);
    expect(without(await seenIn(lab, 'again'))).toBe(without(seen));
  });

  test('--tocontainer without a name, from GNU tar, says that it was imported', async () => {
    const directory = at('packed');
    mkdirSync(join(directory, 'etc'), { recursive: true });
    writeFileSync(join(directory, 'etc/motd'), 'packed');
    linkSync(join(directory, 'etc/motd'), join(directory, 'etc/second'));
    symlinkSync('/etc/motd', join(directory, 'link'));
    execFileSync('tar', ['--format=gnu', '-C', directory, '-cf', at('gnu.tar'), '.']);
    rmSync(directory, { recursive: true });
    const id = (await lab.udocker(['-q', 'import', '--tocontainer', 'gnu.tar'])).stdout.trim();
    const root = join(top(), 'containers', id, 'ROOT');
    expect(readFileSync(join(root, 'etc/second'), 'utf8')).toBe('packed');
    expect((await lab.udocker(['ps'])).stdout).toMatch(new RegExp(`^${id} .*IMPORTED:unknown$`, 'm'));
  });

  test('an archive that the first udocker has exported as a clone: its owners are those of who packed it', async () => {
    const items: Item[] = [
      { name: './' },
      {
        name: './container.json',
        content: '{"config":{"Cmd":["/bin/sh"]},"os":"linux","architecture":"amd64"}',
        uid: 1000,
      },
      { name: './imagerepo.name', content: 'old/image:1', uid: 1000 },
      { name: './execmode', content: 'F3', uid: 1000 },
      { name: './PROTECT', uid: 1000 },
      { name: './patch.time', content: '1', uid: 1000 },
      { name: './ROOT/', uid: 1000 },
      { name: './ROOT/etc/', uid: 1000 },
      { name: './ROOT/etc/motd', content: 'old', uid: 1000, gid: 1000 },
      { name: './ROOT/etc/hard', type: '1', linkName: './ROOT/etc/motd', uid: 1000 },
    ];
    const { status, stdout, stderr } = await lab.udocker(['import', '--clone', '-'], {
      stdin: tar(...items),
    });
    expect([status, stderr]).toEqual([0, '']);
    const directory = join(top(), 'containers', stdout.trim());
    expect(readFileSync(join(directory, 'imagerepo.name'), 'utf8')).toBe('old/image:1');
    expect(statSync(join(directory, 'ROOT/etc/hard')).nlink).toBe(2);
    expect(readFileSync(join(directory, 'owners'), 'utf8')).toBe('udocker-owners-1\0');
    for (const name of ['PROTECT', 'patch.time']) expect(existsSync(join(directory, name))).toBe(false);
  });

  test('hostile clones are refused, and leave nothing', async () => {
    const config = { name: 'container.json', content: '{}' };
    const before = snapshot(top());
    for (const [items, says] of [
      [[{ name: 'ROOT/' }], /ROOT and container.json are not in it/],
      [[config], /ROOT and container.json are not in it/],
      [[{ name: 'ROOT/' }, { name: 'container.json', content: 'no JSON' }], /not JSON/],
      [[config, { name: 'ROOT/a', type: '1', linkName: 'container.json' }], /a hard link out of ROOT/],
      [[config, { name: 'ROOT/../../../evil', content: 'x' }], /climbs out of the root/],
      [
        [{ name: 'container.json', type: '2', linkName: '/etc/passwd' }, { name: 'ROOT/' }],
        /not a plain file/,
      ],
      [
        [config, { name: 'ROOT', type: '2', linkName: '/tmp' }, { name: 'ROOT/x', content: 'x' }],
        /replace the root directory/,
      ],
    ] as const) {
      const { status, stdout, stderr } = await lab.udocker(['import', '--clone', '-'], {
        stdin: tar(...items),
      });
      expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(says)]);
    }
    expect(snapshot(top())).toEqual(before);
  });

  test('a taken name is refused before anything is read', async () => {
    const before = snapshot(top());
    const { status, stderr } = await lab.udocker(['import', '--tocontainer', '--name=box', 'box.tar']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('container name already exists')]);
    expect(snapshot(top())).toEqual(before);
  });

  test('an imported image runs with a command that is given', async () => {
    expect((await lab.udocker(['-q', 'import', '-', 'imp/run:1'], { stdin: busyboxLayer() })).status).toBe(0);
    const { stdout } = await lab.udocker([
      '-q',
      'run',
      '--rm',
      '--execmode=N1',
      'imp/run:1',
      'echo',
      'works',
    ]);
    expect(stdout).toBe('works\n');
  });
});
