/**
 * A whole Debian userland in every engine: glibc, perl, a package manager's database, UTF-8, many processes.
 * The tree is made once with mmdebstrap and kept in /var/tmp; without it, or its mirror, the tests skip.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { enginesUnderTest } from './support/run-engines.ts';
import type { Job } from './support/run-job.ts';
import { busybox, openRunLab, type RunLab } from './support/run-lab.ts';

const cache = '/var/tmp/udocker-test-images';
const archive = join(cache, 'debian-run.tar');
const reason = makeArchive();

let lab: RunLab;
let directory: string;
beforeAll(() => {
  if (reason !== undefined) return;
  lab = openRunLab();
  directory = join(lab.directory, 'debian');
  mkdirSync(join(directory, 'ROOT'), { recursive: true });
  execFileSync('tar', [
    '-xf',
    archive,
    '-C',
    join(directory, 'ROOT'),
    '--exclude=./dev/*',
    '--no-same-owner',
  ]);
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', `${lab.uid}:${lab.gid}`, directory]);
}, 120_000);
afterAll(() => lab?.close());

for (const { name, program, job } of enginesUnderTest) {
  const why = reason ?? (existsSync(program) ? undefined : `no ${program}`);
  describe.skipIf(why !== undefined)(why === undefined ? name : `${name} (skipped: ${why})`, () => {
    const run = (command: readonly string[], more: Partial<Job> = {}) =>
      lab.runJob({ ...job, directory, command, ...more });

    test('programs with libraries, scripts, pipelines', async () => {
      const { stdout, status } = await run([
        'bash',
        '-c',
        'perl -e "print 6*7,chr 10"; dpkg-query -W bash | cut -f 1',
      ]);
      expect([status, stdout.toString().trim()]).toEqual([0, '42\nbash']);
    });

    test('UTF-8 names and output', async () => {
      const { stdout, stderr } = await run([
        'bash',
        '-c',
        'mkdir -p /tmp/ü && touch "/tmp/ü/naïve €" && ls /tmp/ü',
      ]);
      expect([stdout.toString(), stderr]).toEqual(['naïve €\n', '']);
    });

    test('three hundred processes', async () => {
      const { stdout, status } = await run(
        ['bash', '-c', 'for i in $(seq 300); do /bin/true || exit 1; done; echo ok'],
        {},
      );
      expect([status, stdout.toString()]).toEqual([0, 'ok\n']);
    });

    test('without a command, bash', async () => {
      const { stdout, stderr } = await lab.runJob({ ...job, directory, command: [] }, 'echo from $0\n');
      expect([stdout.toString(), stderr]).toEqual([
        'from bash\n',
        expect.stringContaining('starting bash -i'),
      ]);
    });

    test('a program of another architecture is named', async () => {
      const script =
        'printf "\\x7fELF\\x02\\x01\\x01\\0\\0\\0\\0\\0\\0\\0\\0\\0\\x02\\0\\xb7\\0" >/tmp/arm; truncate -s 200 /tmp/arm; chmod 755 /tmp/arm';
      await run(['bash', '-c', script]);
      const { status, stderr } = await run(['/tmp/arm']);
      expect([status, stderr]).toEqual([126, expect.stringContaining('arm64')]);
    });
  });
}

/** Makes the archive when it is missing; gives the reason when that is not possible. */
function makeArchive(): string | undefined {
  if (busybox === undefined) return 'no busybox-static';
  if (existsSync(archive)) return undefined;
  if (process.getuid?.() !== 0) return 'only root makes the tree';
  mkdirSync(cache, { recursive: true });
  const temporary = `${archive}.${process.pid}.tar`;
  const { status, error } = spawnSync(
    'mmdebstrap',
    ['--variant=essential', '--include=bash', 'bookworm', temporary],
    {
      timeout: 240_000,
      stdio: 'ignore',
    },
  );
  if (status === 0) renameSync(temporary, archive);
  else rmSync(temporary, { force: true });
  return status === 0 ? undefined : (error?.message ?? `mmdebstrap ended with status ${status}`);
}
