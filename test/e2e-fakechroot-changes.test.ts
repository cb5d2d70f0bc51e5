/**
 * Containers that the first udocker has set to one of its F modes, with the built file, as an unprivileged user. What it
 * changes in them: absolute symlinks, loaders and library paths of programs, the loader itself.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeContainer, rootOf } from './support/container-lab.ts';
import { noBusybox, suite } from './support/e2e.ts';
import { type Lab, openLab } from './support/lab.ts';

const noPatchelf = existsSync('/usr/bin/patchelf') ? undefined : 'not installed: patchelf';
const loader = '/lib64/ld-linux-x86-64.so.2';

suite('containers in an F mode of the first udocker', noBusybox ?? noPatchelf, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = openLab();
    await makeContainer(lab, 'box');
    await change('box', 'F3');
  }, 120_000);
  afterAll(() => lab.close());

  const directoryOf = (name: string): string => join(lab.home, '.udocker/containers', name);
  const interpreterIn = async (name: string): Promise<string> =>
    (await lab.run(['patchelf', '--print-interpreter', join(rootOf(lab, name), 'bin/tool')])).stdout.trim();

  /** What `setup --execmode=MODE` of the first udocker does. */
  async function change(name: string, mode: string): Promise<void> {
    const script = `set -e; cd "$(readlink -f "$1")"; R=$PWD/ROOT; chmod u+w bin/tool ROOT/bin/tool 2>/dev/null || true
      mkdir -p ROOT/usr/lib64; rm -rf ROOT/lib64 ROOT/w/absolute; ln -s "$R/usr/lib64" ROOT/lib64; ln -s "$R/w/text" ROOT/w/absolute
      printf changed > ROOT/usr/lib64/ld-linux-x86-64.so.2; printf original > ld.so.orig; printf ${loader} > ld.so.path
      printf %s "$R" > root.path; printf "$R/lib" > ld.lib.dirs; printf %s "$2" > execmode
      cp -f /bin/true ROOT/bin/tool; touch -d 2001-02-03 ROOT/bin/tool
      if [ "$2" = F3 ]; then
        patchelf --set-interpreter "$R/${loader}" ROOT/bin/tool; touch -d 2001-02-03 ROOT/bin/tool
        printf %s "$PWD" > patch.path; printf 1 > patch.time
      fi; chmod 555 ROOT/bin/tool`;
    const { status, stderr } = await lab.run(['sh', '-c', script, 'sh', directoryOf(name), mode]);
    expect([status, stderr]).toEqual([0, '']);
  }

  function expectPlain(name: string, mode = 0o555): void {
    const root = rootOf(lab, name);
    expect(readlinkSync(join(root, 'w/absolute'))).toBe('/w/text');
    expect(readlinkSync(join(root, 'lib64'))).toBe('/usr/lib64');
    expect(readFileSync(join(root, 'usr', loader), 'utf8')).toBe('original');
    expect(statSync(join(root, 'bin/tool')).mode & 0o7777).toBe(mode);
    expect(statSync(join(root, 'bin/tool')).mtime.getFullYear()).toBe(2001);
    const notes = /^(?:ld\.|patch\.|root\.path)/;
    expect(readdirSync(directoryOf(name)).filter((entry) => notes.test(entry))).toEqual([]);
  }

  test('a clone is plain; the original stays as it is', async () => {
    const { status, stderr } = await lab.udocker(['clone', '--name=copy', 'box']);
    expect([status, stderr]).toEqual([0, '']);
    expectPlain('copy');
    expect(await interpreterIn('copy')).toBe(loader);
    expect(await interpreterIn('box')).toStartWith('/');
    expect(await interpreterIn('box')).toContain('/ROOT/');
  });

  test('an export as a clone, which holds the notes, is plain where it is imported', async () => {
    const archive = join(lab.home, 'clone.tar');
    const pack = await lab.run([
      'sh',
      '-c',
      `cd "$(readlink -f ${directoryOf('box')})" && tar -cf ${archive} --ignore-failed-read .`,
    ]);
    expect(pack.status).toBe(0);
    const { status } = await lab.udocker(['import', '--clone', '--name=imported', archive]);
    expect(status).toBe(0);
    expectPlain('imported', 0o755); // extraction leaves the user the right to write
    expect(await interpreterIn('imported')).toBe(loader);
  });

  test('one that cannot be written: what to do is said, and nothing changes', async () => {
    await lab.run(['chmod', 'a-w', rootOf(lab, 'box')]);
    const { status, stderr } = await lab.udocker(['run', 'box', 'true']);
    await lab.run(['chmod', 'u+w', rootOf(lab, 'box')]);
    expect([status, stderr]).toEqual([
      125,
      expect.stringMatching(/changed by udocker 1 .*\nHint: .*udocker clone/),
    ]);
    expect(readlinkSync(join(rootOf(lab, 'box'), 'w/absolute'))).toContain('/ROOT/');
  });

  test('a run puts all of it back, once, and then runs as ever', async () => {
    const first = await lab.udocker(['run', 'box', 'cat', '/w/absolute']);
    expect([first.status, first.stdout, first.stderr]).toEqual([
      0,
      'text\n',
      expect.stringContaining('2 links, 1 programs and libraries'),
    ]);
    expectPlain('box');
    expect(await interpreterIn('box')).toBe(loader);
    expect((await lab.udocker(['setup', 'box'])).stdout).toStartWith('execmode: N1\n');
    expect((await lab.udocker(['run', 'box', 'sh', '-c', ':'])).stderr).toBe('');
  });

  test('so does a setup for another mode; the F modes themselves are carried out by our engine', async () => {
    await change('box', 'F1');
    const setup = await lab.udocker(['setup', '--execmode=P1', 'box']);
    expect(setup.status).toBe(0);
    expectPlain('box');
    const other = await lab.udocker(['setup', '--execmode=F3', 'box']);
    expect([other.status, other.stderr]).toEqual([
      0,
      expect.stringContaining('takes the place of fakechroot'),
    ]);
    const run = await lab.udocker(['-q', 'run', 'box', 'sh', '-c', 'echo $container_execmode']);
    expect([run.status, run.stdout, run.stderr]).toEqual([0, 'F3\n', '']);
  });
});
