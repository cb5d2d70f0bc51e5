/** `udocker clone` with the built file, as an unprivileged user: the copy is what the original is, and apart from it. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeContainer, rootOf, seenIn } from './support/container-lab.ts';
import { noBusybox, snapshot, suite } from './support/e2e.ts';
import { type Lab, openLab } from './support/lab.ts';

suite('clone', noBusybox, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = openLab();
    await makeContainer(lab, 'box');
  }, 120_000);
  afterAll(() => lab.close());

  const directoryOf = (name: string): string => join(lab.home, '.udocker/containers', name);

  test('prints the id; a program in the copy sees what it would see in the original', async () => {
    const { status, stdout, stderr } = await lab.udocker(['clone', '--name=copy', 'box']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\n$/);
    const seen = await seenIn(lab, 'box');
    expect(seen).toContain('/w/text 4751 5:6 regular file 2 5 0,0 981173106');
    expect(seen).toContain('/w/zero 644 0:0 character special file 1 0 1,5');
    expect(seen).toContain('/w/locked 0 7:8 directory');
    expect(await seenIn(lab, 'copy')).toBe(seen);
    // And so does one in a copy of the copy, before any program has run in it.
    await lab.udocker(['clone', '--name=third', 'copy']);
    expect(await seenIn(lab, 'third')).toBe(seen);
  });

  test('holes stay holes, hard links are links, times are exact', () => {
    const [from, to] = [rootOf(lab, 'box'), rootOf(lab, 'copy')];
    expect(statSync(join(to, 'w/sparse')).blocks).toBe(statSync(join(from, 'w/sparse')).blocks);
    execFileSync('cmp', [join(from, 'w/sparse'), join(to, 'w/sparse')]);
    expect(statSync(join(to, 'w/text')).ino).toBe(statSync(join(to, 'w/again')).ino);
    expect(statSync(join(to, 'w/text')).ino).not.toBe(statSync(join(from, 'w/text')).ino);
    for (const name of ['w', 'w/in', 'w/fifo', 'w/soft', 'w/sparse', 'bin/busybox']) {
      const time = (root: string): bigint => lstatSync(join(root, name), { bigint: true }).mtimeNs;
      expect([name, time(to)]).toEqual([name, time(from)]);
    }
    const attribute = execFileSync('getfattr', ['--only-values', '-n', 'user.a', join(to, 'w/attributes')]);
    expect(attribute.toString('latin1')).toBe('\x00\xffb');
  });

  test('the two are apart: a change in one is not seen in the other', async () => {
    await lab.udocker([
      'run',
      '--execmode=N1',
      'copy',
      'sh',
      '-c',
      'echo more >> /w/text; chown 1:1 /w/listed',
    ]);
    const { stdout } = await lab.udocker([
      'run',
      '--execmode=N1',
      'box',
      'sh',
      '-c',
      'cat /w/text; stat -c %u /w/listed',
    ]);
    expect(stdout).toBe('text\n33\n');
  });

  test('the execution mode goes along; names, protection and a running state do not', async () => {
    await lab.udocker(['protect', 'box']);
    writeFileSync(join(directoryOf('box'), 'execmode'), 'N2');
    const { stdout } = await lab.udocker(['clone', 'box']);
    const id = stdout.trim();
    expect(readdirSync(directoryOf(id)).sort()).toEqual([
      '.lock',
      'ROOT',
      'container.json',
      'execmode',
      'imagerepo.name',
      'owners',
    ]);
    expect((await lab.udocker(['ps', '-m'])).stdout).toMatch(new RegExp(`^${id} \\. W N2 +lab/box:1$`, 'm'));
    await lab.udocker(['unprotect', 'box']);
    expect((await lab.udocker(['rm', id])).status).toBe(0);
  });

  test('what cannot be is refused before anything is copied', async () => {
    const before = snapshot(join(lab.home, '.udocker'));
    const taken = await lab.udocker(['clone', '--name=copy', 'box']);
    expect([taken.status, taken.stdout]).toEqual([1, '']);
    expect(taken.stderr).toContain('container name already exists');
    const unknown = await lab.udocker(['clone', 'nosuch']);
    expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('invalid container id')]);
    expect((await lab.udocker(['clone', '--name=a/b', 'box'])).status).toBe(2);
    expect((await lab.udocker(['clone'])).status).toBe(2);
    expect(snapshot(join(lab.home, '.udocker'))).toEqual(before);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'a file that cannot be read is named, and nothing stays (only root makes one)',
    async () => {
      const secret = join(rootOf(lab, 'third'), 'w/in/of-root');
      writeFileSync(secret, 'x');
      chmodSync(secret, 0o600);
      const before = snapshot(join(lab.home, '.udocker'));
      const { status, stdout, stderr } = await lab.udocker(['clone', '--name=fourth', 'third']);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/copying container [0-9a-f-]+, entry w\/in\/of-root: permission denied/);
      expect(snapshot(join(lab.home, '.udocker'))).toEqual(before);
      expect(existsSync(directoryOf('fourth'))).toBe(false);
    },
  );
});
