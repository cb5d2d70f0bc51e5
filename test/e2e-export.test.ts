/** `udocker export` with the built file, as an unprivileged user, judged by GNU tar, Python and bsdtar's kin. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeContainer, rootOf } from './support/container-lab.ts';
import { noBusybox, suite } from './support/e2e.ts';
import { type Lab, openLab } from './support/lab.ts';
import { missing } from './support/programs.ts';

suite('export', noBusybox, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = openLab();
    await makeContainer(lab, 'box');
  }, 120_000);
  afterAll(() => lab.close());

  const at = (name: string): string => join(lab.home, name);
  const listed = (file: string): string[] =>
    execFileSync('tar', ['--numeric-owner', '--quoting-style=escape', '--full-time', '-tvf', file], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    })
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' '));

  test('GNU tar lists what programs in the container see', async () => {
    const { status, stdout, stderr } = await lab.udocker(['export', '-o', 'box.tar', 'box']);
    expect([status, stdout, stderr]).toEqual([0, '', 'Info: exporting to file box.tar\n']);
    const lines = listed(at('box.tar'));
    expect(lines).toContain('-rwsr-x--x 5/6 5 2001-02-03 04:05:06 w/again');
    expect(lines).toContain('hrwsr-x--x 5/6 0 2001-02-03 04:05:06 w/text link to w/again');
    expect(lines.some((line) => /^-rwsr-sr-x 0\/0 0 .* w\/suid$/.test(line))).toBe(true);
    expect(lines.some((line) => /^crw-r--r-- 0\/0 1,5 .* w\/zero$/.test(line))).toBe(true);
    expect(lines.some((line) => /^prw-r--r-- 0\/0 0 .* w\/fifo$/.test(line))).toBe(true);
    expect(lines.some((line) => /^d--------- 7\/8 0 .* w\/locked\/$/.test(line))).toBe(true);
    expect(lines.some((line) => /^---------- 0\/0 2 .* w\/locked\/secret$/.test(line))).toBe(true);
    expect(lines.some((line) => /^lrwxrwxrwx 9\/9 0 .* w\/soft -> text$/.test(line))).toBe(true);
    expect(lines.some((line) => /^-rw-r----- 33\/33 0 .* w\/listed$/.test(line))).toBe(true);
    expect(lines.some((line) => line.endsWith(` w/${'long'.repeat(30)}/${'name'.repeat(40)}`))).toBe(true);
    expect(lines.some((line) => line.endsWith(' w/\\377\\376'))).toBe(true);
    expect(lines.some((line) => /^-rw-r--r-- 0\/0 31457280 .* w\/sparse$/.test(line))).toBe(true);
    expect(lines.filter((line) => / \.\/?$| \//.test(line))).toEqual([]);
    // No larger than what is in it: holes are not written.
    expect(statSync(at('box.tar')).size).toBeLessThan(6_000_000);
  });

  test('modes on disk are as they were before', () => {
    expect(statSync(join(rootOf(lab, 'box'), 'w/locked')).mode & 0o777).toBe(0);
  });

  test('GNU tar unpacks it: content, holes, links, attributes', async () => {
    const target = at('unpacked');
    mkdirSync(target);
    execFileSync('tar', [
      '--xattrs',
      '--numeric-owner',
      '--exclude=w/zero',
      '-xpf',
      at('box.tar'),
      '-C',
      target,
    ]);
    const root = rootOf(lab, 'box');
    for (const name of ['w/sparse', 'w/again', 'bin/busybox'])
      execFileSync('cmp', [join(root, name), join(target, name)]);
    expect(statSync(join(target, 'w/sparse')).blocks).toBe(statSync(join(root, 'w/sparse')).blocks);
    expect(statSync(join(target, 'w/text')).ino).toBe(statSync(join(target, 'w/again')).ino);
    const attribute = execFileSync('getfattr', [
      '--absolute-names',
      '--only-values',
      '-n',
      'user.a',
      join(target, 'w/attributes'),
    ]);
    expect(attribute.toString('latin1')).toBe('\x00\xffb');
    execFileSync('chmod', ['-R', 'u+rwX', target]);
  });

  test.skipIf(missing('python3') !== undefined)(
    `Python reads the same (${missing('python3') ?? 'here'})`,
    () => {
      const script = `import sys, tarfile
for m in tarfile.open(sys.argv[1], errors='surrogateescape'):
    print(ascii(m.name), oct(m.mode), m.uid, m.gid, m.size, m.type.decode(), m.devminor, m.linkname)`;
      const lines = execFileSync('python3', ['-c', script, at('box.tar')], { encoding: 'utf8' }).split('\n');
      expect(lines).toContain("'w/again' 0o4751 5 6 5 0 0 ");
      expect(lines).toContain("'w/zero' 0o644 0 0 0 3 5 ");
      expect(lines.some((line) => line.startsWith("'w/sparse' 0o644 0 0 31457280 "))).toBe(true);
      expect(lines.some((line) => line.includes('udcff'))).toBe(true);
    },
  );

  test('to the standard output, in each spelling, always the same bytes', async () => {
    const udocker = lab.executable;
    const line = `${udocker} export box | sha256sum; ${udocker} export - box | sha256sum; ${udocker} export -o - box | sha256sum; sha256sum < box.tar`;
    const { stdout, stderr } = await lab.run(['sh', '-c', line]);
    expect([new Set(stdout.trim().split('\n')).size, stderr]).toEqual([1, '']);
    const terminal = await lab.run(['script', '-qec', `${udocker} export box`, '/dev/null']);
    expect([terminal.status, terminal.stdout]).toEqual([
      2,
      expect.stringContaining('nothing for a terminal'),
    ]);
  });

  test('with --clone: the whole container, as udocker 1 names the parts', async () => {
    expect((await lab.udocker(['-q', 'export', '--clone', '-o', 'clone.tar', 'box'])).status).toBe(0);
    const names = execFileSync('tar', ['-tf', at('clone.tar')], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(names.filter((name) => !name.startsWith('ROOT/'))).toEqual([
      'container.json',
      'imagerepo.name',
      'owners',
    ]);
    expect(names).toContain('ROOT/w/text');
    const text = execFileSync('tar', ['-xOf', at('clone.tar'), 'imagerepo.name'], { encoding: 'utf8' });
    expect(text).toBe('lab/box:1');
  });

  test('a file is replaced when the new one is whole, also through a link, and not before', async () => {
    writeFileSync(at('mine'), 'old');
    symlinkSync('mine', at('link'));
    execFileSync('chown', [`${lab.uid}:${lab.gid}`, at('mine')]);
    const limited = `ulimit -f 1000; trap '' XFSZ; ${lab.executable} export -o link box`;
    const before = readdirSync(lab.home).sort();
    const full = await lab.run(['bash', '-c', limited]);
    expect([full.status, full.stderr]).toEqual([1, expect.stringContaining('exporting container')]);
    expect(readFileSync(at('mine'), 'utf8')).toBe('old');
    expect(readdirSync(lab.home).sort()).toEqual(before);
    expect((await lab.udocker(['export', '-o', 'link', 'box'])).status).toBe(0);
    expect(readFileSync(at('mine')).equals(readFileSync(at('box.tar')))).toBe(true);
    rmSync(at('mine'));
  });

  test('what cannot be is said, and nothing stays', async () => {
    const before = readdirSync(lab.home).sort();
    for (const [words, says] of [
      [['export', '-o', 'x', 'nosuch'], 'invalid container id'],
      [['export', '-o', 'no/x', 'box'], 'no such file'],
      [['export', '-o', '/dev/full', 'box'], 'no space left'],
    ] as const) {
      const { status, stdout, stderr } = await lab.udocker(words);
      expect([status, stdout, stderr]).toEqual([1, '', expect.stringContaining(says)]);
    }
    for (const words of [['export'], ['export', '-'], ['export', 'a', 'b'], ['export', '-o', 'x']])
      expect((await lab.udocker(words)).status).toBe(2);
    expect(readdirSync(lab.home).sort()).toEqual(before);
  });
});
