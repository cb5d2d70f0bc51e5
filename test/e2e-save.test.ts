/** `udocker save` with the built file, as an unprivileged user, judged by skopeo, podman, tar and our own load. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { busyboxLayer, configFor, dockerItems, sha256 } from './support/archives.ts';
import { noBusybox, suite } from './support/e2e.ts';
import { type Lab, openLab } from './support/lab.ts';
import { missing } from './support/programs.ts';
import { tar } from './support/tar-writer.ts';

let lab: Lab;
const base = tar({ name: 'base', content: 'b'.repeat(70_000) });
const one = tar({ name: 'one', content: '1' });
const two = tar({ name: 'two', content: '2' });

beforeAll(async () => {
  lab = openLab();
  const archive = tar(
    ...dockerItems(
      { tags: ['one:1', 'lab/one:x'], layers: [base, one] },
      { tags: ['lab/two:2'], layers: [base, two], stored: (layer) => gzipSync(layer) },
    ).filter(({ name }, at, all) => all.findIndex((other) => other.name === name) === at),
  );
  expect((await lab.udocker(['-q', 'load'], { stdin: archive })).status).toBe(0);
});
afterAll(() => lab.close());

const at = (name: string): string => join(lab.home, name);
const members = (file: string): string[] =>
  execFileSync('tar', ['tf', file], { encoding: 'utf8' }).trim().split('\n');
const member = (file: string, name: string): Buffer =>
  execFileSync('tar', ['xOf', file, name], { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
const json = (file: string, name: string) => JSON.parse(member(file, name).toString());

test('is silent, and writes plain tars that are what the configuration says', async () => {
  expect(await lab.udocker(['save', '-o', 'two.tar', 'lab/two:2'])).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
  const file = at('two.tar');
  const [entry] = json(file, 'manifest.json');
  expect(entry.RepoTags).toEqual(['lab/two:2']);
  expect(entry.Layers.map((name: string) => sha256(member(file, name)))).toEqual([sha256(base), sha256(two)]);
  expect(entry.Config).toBe(`${sha256(member(file, entry.Config))}.json`);
  expect(member(file, entry.Config).toString()).toBe(configFor([base, two]));
  const top = entry.Layers[1].split('/')[0];
  expect(json(file, 'repositories')).toEqual({ 'lab/two': { '2': top } });
  expect(json(file, `${top}/json`)).toMatchObject({ id: top, parent: entry.Layers[0].split('/')[0] });
  expect(statSync(file).mode & 0o777).toBe(0o644);
});

test('several images share what they have in common, and tags of one image are one', async () => {
  const words = ['save', '--output=all.tar', 'one:1', 'lab/two:2', 'lab/one:x', 'one:1'];
  expect((await lab.udocker(words)).status).toBe(0);
  const contents = json(at('all.tar'), 'manifest.json');
  expect(contents.map(({ RepoTags }: { RepoTags: string[] }) => RepoTags)).toEqual([
    ['one:1', 'lab/one:x'],
    ['lab/two:2'],
  ]);
  expect(contents[0].Layers[0]).toBe(contents[1].Layers[0]);
  const names = members(at('all.tar'));
  expect(names.length).toBe(new Set(names).size);
  expect(names.filter((name) => name.endsWith('/layer.tar')).length).toBe(3);
});

test('the same images give the same bytes, to a file, with - and without', async () => {
  const line = `${lab.executable} save one:1 | sha256sum; ${lab.executable} save - one:1 | sha256sum; ${lab.executable} save -o - one:1 | sha256sum; sleep 1; ${lab.executable} save -o same.tar one:1 && sha256sum < same.tar`;
  const { stdout } = await lab.run(['sh', '-c', line]);
  const sums = stdout.trim().split('\n');
  expect(sums.length).toBe(4);
  expect(new Set(sums).size).toBe(1);
});

test('what is saved is loaded again under another name, and is the same image', async () => {
  const line = `${lab.executable} save lab/two:2 | ${lab.executable} -q load - copy/of`;
  expect((await lab.run(['sh', '-c', line])).stdout).toBe('copy/of:2\n');
  const configs = await Promise.all(
    ['lab/two:2', 'copy/of:2'].map((image) => lab.udocker(['inspect', image])),
  );
  expect(configs[0]?.stdout).toBe(configs[1]?.stdout ?? '');
});

test('nothing is overwritten, and nothing half-written stays', async () => {
  writeFileSync(at('there'), 'mine');
  const taken = await lab.udocker(['save', '-o', 'there', 'one:1']);
  expect([taken.status, taken.stderr]).toEqual([1, expect.stringContaining('output file already exists')]);
  expect(readFileSync(at('there'), 'utf8')).toBe('mine');
  const before = readdirSync(lab.home).sort();
  for (const [words, says] of [
    [['save', '-o', 'x.tar', 'nosuch'], 'image not found: nosuch:latest'],
    [['save', '-o', 'no/x.tar', 'one:1'], 'there is no such directory'],
    [['save', '-o', '/proc/x.tar', 'one:1'], 'writing archive /proc/x.tar'],
    [['save', '-o', '/dev/full', 'one:1'], 'no space left on the disk'],
  ] as const) {
    expect(await lab.udocker(words)).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(says),
    });
  }
  expect(readdirSync(lab.home).sort()).toEqual(before);
  expect((await lab.udocker(['save', '-o', '/dev/null', 'one:1'])).status).toBe(0);
  expect(existsSync('/dev/null') && statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('no image, and a terminal, are refused as wrong usage', async () => {
  for (const words of [['save'], ['save', '-o', 'x'], ['save', '-']])
    expect((await lab.udocker(words)).status).toBe(2);
  const { status, stdout } = await lab.run(['script', '-qec', `${lab.executable} save one:1`, '/dev/null']);
  expect([status, stdout]).toEqual([2, expect.stringContaining('nothing for a terminal')]);
});

test('a reader that goes away is told as what it is', async () => {
  const { stdout, stderr } = await lab.run([
    'bash',
    '-c',
    `${lab.executable} save one:1 | true; echo \${PIPESTATUS[0]}`,
  ]);
  expect([stdout, stderr]).toEqual(['1\n', expect.stringContaining('nobody reads it any more')]);
});

test('a damaged layer is named, and no file appears', async () => {
  const line = `udocker=${lab.executable}; mkdir damaged && cp -r .udocker damaged/repo && cd damaged
    blob=repo/layers/sha256:${sha256(gzipSync(two))}; chmod u+w $blob; printf xxxxxx | dd of=$blob bs=1 seek=40 conv=notrunc 2>&-
    $udocker --repo=repo save -o out.tar lab/two:2; echo $?; ls`;
  const { stdout, stderr } = await lab.run(['sh', '-c', line]);
  expect(stdout).toBe('1\nrepo\n');
  expect(stderr).toContain(`layer sha256:${sha256(gzipSync(two))}: the blob does not have its digest`);
});

test('an image that the first udocker imported gets the diff ids it should have had', async () => {
  const repo = at('v1');
  const tag = join(repo, 'repos/imp/old/1');
  for (const part of ['layers', 'containers', 'bin', 'lib', 'doc'])
    mkdirSync(join(repo, part), { recursive: true });
  mkdirSync(tag, { recursive: true });
  const id = 'a'.repeat(64);
  const wrong = {
    id,
    comment: 'created by udocker',
    os: 'linux',
    rootfs: { diff_ids: [`sha256:${sha256(gzipSync(one))}`] },
  };
  writeFileSync(join(repo, `layers/${id}.layer`), gzipSync(one));
  writeFileSync(join(repo, `layers/${id}.json`), JSON.stringify(wrong));
  for (const suffix of ['layer', 'json'])
    symlinkSync(`../../../../layers/${id}.${suffix}`, join(tag, `${id}.${suffix}`));
  for (const [name, text] of [
    ['TAG', 'x'],
    ['v1', ''],
    ['ancestry', JSON.stringify([id])],
  ] as const)
    writeFileSync(join(tag, name), text);
  execFileSync('chown', ['-R', `${lab.uid}:${lab.gid}`, repo]);
  expect(await lab.udocker([`--repo=${repo}`, 'save', '-o', 'v1.tar', 'imp/old:1'])).toMatchObject({
    status: 0,
  });
  const [entry] = json(at('v1.tar'), 'manifest.json');
  expect(json(at('v1.tar'), entry.Config).rootfs.diff_ids).toEqual([`sha256:${sha256(one)}`]);
  // As the first udocker would save it: compressed, and with the wrong id.
  const config = JSON.stringify(wrong);
  const old = tar(
    { name: `./${sha256(config)}.json`, content: config },
    { name: `./${id}/layer.tar`, content: gzipSync(one) },
    {
      name: './manifest.json',
      content: JSON.stringify([
        { Config: `${sha256(config)}.json`, RepoTags: ['imp/old:1'], Layers: [`${id}/layer.tar`] },
      ]),
    },
  );
  expect((await lab.udocker(['-q', 'load'], { stdin: old })).stdout).toBe('imp/old:1\n');
  expect(await lab.udocker(['-q', 'create', 'imp/old:1'])).toMatchObject({ status: 0, stderr: '' });
});

const imageLayers = () => [busyboxLayer(), tar({ name: 'etc/motd', content: 'hello' })];

suite('other programs', noBusybox ?? missing('skopeo'), () => {
  beforeAll(async () => {
    const archive = tar(...dockerItems({ tags: ['lab/box:1'], layers: imageLayers() }));
    expect((await lab.udocker(['-q', 'load'], { stdin: archive })).status).toBe(0);
    expect((await lab.udocker(['save', '-o', 'box.tar', 'lab/box:1', 'one:1'])).status).toBe(0);
  });

  test('skopeo copies each image out of the archive', () => {
    for (const name of ['lab/box:1', 'one:1']) {
      const layout = join(lab.directory, 'layout');
      execFileSync('skopeo', [
        'copy',
        '-q',
        '--insecure-policy',
        `docker-archive:${at('box.tar')}:${name}`,
        `oci:${layout}:x`,
      ]);
      expect(existsSync(join(layout, 'index.json'))).toBe(true);
      rmSync(layout, { recursive: true });
    }
  });

  test('podman loads it without root', async () => {
    const podman = (...words: string[]) =>
      lab.run(
        [
          'podman',
          '--root',
          at('podman/root'),
          '--runroot',
          at('podman/run'),
          '--storage-driver=vfs',
          ...words,
        ],
        {
          env: { XDG_RUNTIME_DIR: at('podman') },
        },
      );
    if (spawnSync('podman', ['--version']).status !== 0 || (await podman('info')).status !== 0) {
      console.log('skipped: podman does not run as this user');
      return;
    }
    const { status, stdout, stderr } = await podman('load', '-q', '-i', at('box.tar'));
    expect([status, stdout, stderr]).toEqual([0, expect.stringContaining('lab/box:1'), '']);
    await podman('system', 'reset', '--force');
  });
});
