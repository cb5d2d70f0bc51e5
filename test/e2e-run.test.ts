/**
 * `run` and what other programs rely on, with the built file as an unprivileged user: volumes, --rm, --name, --pull,
 * and the command lines of cwltool, Nextflow, SCAR, miniwdl, GitLab, Cromwell, Clementine, Stimela, DEEP, Termux.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { existsSync, lchownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineCases, noBusybox, snapshot, suite } from './support/e2e.ts';
import { type Lab, openLab, type Result, type RunOptions } from './support/lab.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';
import { publishImage } from './support/small-image.ts';

const id = /^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\n$/;
const engines = engineCases.filter(({ reason }) => reason === undefined);
const reason = noBusybox ?? (engines.length === 0 ? 'no engine is installed' : undefined);
const modes = engines.map(({ name, mode, env }): [string, Readonly<Record<string, string>>] => [
  name,
  { ...env, UDOCKER_DEFAULT_EXECUTION_MODE: mode },
]);

let server: RegistryServer;
let lab: Lab;
let top = '';
let data = '';
let count = 0;

beforeAll(async () => {
  if (reason !== undefined) return;
  server = await startRegistry();
  publishImage(server, 'ubuntu', 'latest');
  publishImage(server, 'ubuntu', 'entry', {
    config: {
      Env: ['PATH=/bin', 'FROM_IMAGE=yes'],
      Entrypoint: ['/bin/echo', 'entry'],
      Cmd: ['default'],
      WorkingDir: '/tmp',
      User: 'guest',
    },
  });
  lab = openLab();
});
afterAll(async () => {
  lab?.close();
  await server?.close();
});
beforeEach(() => {
  if (reason !== undefined) return;
  count += 1;
  top = join(lab.directory, `repository-${count}`);
  data = join(lab.directory, `data-${count}`);
  mkdirSync(data);
  writeFileSync(join(data, 'in'), 'input\n');
  writeFileSync(join(data, 'script.sh'), 'echo script $*; exit 5\n');
  for (const path of [data, join(data, 'in'), join(data, 'script.sh')]) lchownSync(path, lab.uid, lab.gid);
});

function udocker(words: readonly string[], options: RunOptions = {}): Promise<Result> {
  const env = { ...modes[0]?.[1], UDOCKER_DIR: top, UDOCKER_REGISTRY: server.url, ...options.env };
  return lab.udocker(words, { ...options, env });
}

/** Runs and expects status 0. */
async function good(...words: string[]): Promise<Result> {
  const result = await udocker(words);
  expect([words, result.status, result.stderr.replace(/^(?:Info|Warning): .*\n/gm, '')]).toEqual([
    words,
    0,
    '',
  ]);
  return result;
}

async function ids(): Promise<string[]> {
  return (await udocker(['ps'])).stdout
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(' ')[0] ?? '');
}

suite('run', reason, () => {
  test.each(modes)(
    'volumes in %s: writable, read-only, single files, missing mount points',
    async (_, env) => {
      await good('pull', 'ubuntu');
      await good('create', '--name=box', 'ubuntu');
      const inside = (words: readonly string[], script: string) =>
        udocker(['run', ...words, 'box', 'sh', '-c', script], { env });
      expect(await inside([`-v=${data}:/data`], 'cat /data/in; echo out > /data/out')).toEqual({
        status: 0,
        stdout: 'input\n',
        stderr: '',
      });
      expect(readFileSync(join(data, 'out'), 'utf8')).toBe('out\n');
      expect((await inside(['-v', `${data}:/deep/in/the/tree:rw`], 'cat /deep/in/the/tree/in')).stdout).toBe(
        'input\n',
      );
      expect((await inside([`--volume=${data}/in:/etc/one`], 'cat /etc/one')).stdout).toBe('input\n');
      expect((await inside(['-v', data], `cat ${data}/in`)).stdout).toBe('input\n');
      const readOnly = await inside(['-v', `${data}:/data:ro`], 'cat /data/in; echo no > /data/written');
      expect(readOnly.stdout).toBe('input\n');
      // PRoot cannot, and says so; the others must.
      if (env.UDOCKER_DEFAULT_EXECUTION_MODE?.startsWith('P'))
        expect(readOnly.stderr).toMatch(/^Warning: PRoot mounts \/data writable, not read-only\n/);
      else expect([readOnly.status, existsSync(join(data, 'written'))]).toEqual([1, false]);
    },
  );

  test.each(modes)(
    "the image's words in %s: entrypoint, command, user, directory, variables",
    async (_, env) => {
      await good('pull', 'ubuntu:entry');
      await good('create', '--name=box', 'ubuntu:entry');
      const output = async (...words: string[]) => {
        const { status, stdout } = await udocker(['-q', 'run', ...words], { env });
        expect([words, status]).toEqual([words, 0]);
        return stdout;
      };
      expect(await output('box')).toBe('entry default\n');
      expect(await output('box', '--foo', '-x')).toBe('entry --foo -x\n');
      expect(await output('--entrypoint=', 'box', 'pwd')).toBe('/tmp\n');
      expect(await output('--entrypoint=/bin/sh -c', 'box', 'echo $FROM_IMAGE; id -u')).toBe(
        env.UDOCKER_USE_RUNC_EXECUTABLE?.endsWith('runc') ? 'yes\n0\n' : 'yes\n1000\n',
      );
      expect(
        await output(
          '--nometa',
          '--user=0',
          '-w',
          '/etc',
          '-e',
          'A=b c',
          'box',
          '/bin/sh',
          '-c',
          'echo $FROM_IMAGE; pwd; echo $A',
        ),
      ).toBe('\n/etc\nb c\n');
    },
  );

  test('an image by name: made once per run, kept without --rm, gone with it, whatever happens', async () => {
    const fresh = snapshot(top);
    expect((await good('run', 'ubuntu', 'echo', 'hi')).stdout).toBe('hi\n');
    expect(await ids()).toHaveLength(1);
    await good('rm', ...(await ids()));
    const pulled = snapshot(top);
    expect(pulled.length).toBeGreaterThan(fresh.length);
    expect((await good('-q', 'run', '--rm', 'ubuntu', 'true')).stdout).toBe('');
    expect((await udocker(['run', '--rm', 'ubuntu', 'sh', '-c', 'exit 9'])).status).toBe(9);
    expect((await udocker(['run', '--rm', 'ubuntu', 'nosuch'])).status).toBe(127);
    expect((await udocker(['run', '--rm', '-v', '/nonexistent', 'ubuntu', 'true'])).status).toBe(125);
    expect(
      (await udocker(['run', '--rm', '--name=gone', 'ubuntu', 'sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?']))
        .status,
    ).toBe(137);
    expect(snapshot(top)).toEqual(pulled);
  }, 120_000);

  test('--name and --pull', async () => {
    const policy = (...words: string[]) => udocker(['-q', 'run', ...words, 'ubuntu', 'true']);
    expect((await policy('--pull=never')).status).toBe(125);
    expect((await policy('--name=one', '--pull=missing')).status).toBe(0);
    const [first] = await ids();
    expect((await policy('--name=one')).stderr).toContain('container name already exists');
    expect((await policy('--name=one', '--pull=reuse')).status).toBe(0);
    expect(await ids()).toEqual([first ?? '']);
    const asked = server.log.length;
    expect((await policy('--name=two', '--pull=always')).status).toBe(0);
    expect(server.log.length).toBeGreaterThan(asked);
    expect(await ids()).toHaveLength(2);
    expect((await policy('--pull=never', '--rm')).status).toBe(0);
    expect(await udocker(['-q', 'run', '--name=alias', 'one', 'true'])).toMatchObject({ status: 0 });
    expect((await udocker(['ps'])).stdout).toMatch(/\['alias', 'one'\]/);
    expect((await udocker(['run', '--pull=sometimes', 'ubuntu'])).status).toBe(2);
  });

  test('--location runs a tree outside the repository', async () => {
    await good('run', '--name=box', 'ubuntu', 'true');
    const root = (await good('inspect', '-p', 'box')).stdout.trim();
    expect((await good('run', `--location=${root}`, '/bin/echo', 'from', 'there')).stdout).toBe(
      'from there\n',
    );
  });

  test('accepted for Docker scripts, with a word where nothing comes of it', async () => {
    await good('run', '--name=box', 'ubuntu', 'true');
    const result = await good(
      'run',
      '-it',
      '-a',
      '--gpus=all',
      '--shm-size=64m',
      '--dns=1.1.1.1',
      '--volumes-from=x',
      'box',
      'echo',
      'ok',
    );
    expect(result.stdout).toBe('ok\n');
    expect(result.stderr.match(/^Warning: --(?:dns|volumes-from) has no effect: /gm)).toHaveLength(2);
  });
});

suite('what scripts and programs rely on', reason, () => {
  test('create prints the id alone; ps has a header, the id first and names as of old; images start with name:tag', async () => {
    await good('pull', 'ubuntu');
    const created = await good('create', '--name=box', 'ubuntu');
    expect(created.stdout).toMatch(id);
    const listed = await lab.run(['sh', '-c', `${lab.executable} ps | grep "\\['box'\\]" | cut -d' ' -f1`], {
      env: { UDOCKER_DIR: top },
    });
    expect(listed.stdout).toBe(created.stdout);
    const termux = await lab.run(['sh', '-c', `${lab.executable} ps | cut -d' ' -f1 | tail -n +2`], {
      env: { UDOCKER_DIR: top },
    });
    expect(termux.stdout).toBe(created.stdout);
    const nextflow = await lab.run(
      ['sh', '-c', `${lab.executable} images | grep -E -o "^ubuntu:latest\\s"`],
      { env: { UDOCKER_DIR: top } },
    );
    expect([nextflow.status, nextflow.stdout]).toEqual([0, 'ubuntu:latest \n']);
    const root = (await good('inspect', '-p', 'box')).stdout.trim();
    expect(root).toBe(join(top, 'containers', created.stdout.trim(), 'ROOT'));
    writeFileSync(join(top, 'containers/box/ROOT/edited'), 'by hand\n');
    expect((await good('run', 'box', 'cat', '/edited')).stdout).toBe('by hand\n');
  });

  test('batch systems that limit addresses and descriptors', async () => {
    await good('pull', 'ubuntu');
    const env = { ...modes[0]?.[1], UDOCKER_DIR: top };
    const limited = (limit: string, ...words: string[]) =>
      lab.run(['sh', '-c', `ulimit ${limit}; exec "$@"`, 'sh', lab.executable, ...words], { env });
    // Two gigabytes: a usual h_vmem. What that takes is not seen inside.
    const created = await limited('-v 2000000', 'create', '--name=box', 'ubuntu');
    expect([created.status, created.stdout]).toEqual([0, expect.stringMatching(id)]);
    const ran = await limited('-v 2000000', 'run', '--hostenv', 'box', 'sh', '-c', 'ulimit -v; env');
    expect([ran.status, ran.stdout]).toEqual([0, expect.stringMatching(/^2000000\n/)]);
    expect(ran.stdout).not.toContain('JSC');
    expect(await limited('-n 24', 'run', 'box', 'echo', 'few')).toMatchObject({ status: 0, stdout: 'few\n' });
  });

  test('hosts that forbid making code at run time: signals are as they should be', async () => {
    const env = { BUN_JSC_useJIT: '0' };
    const script = ['sh', '-c', 'grep SigIgn /proc/self/status; yes | head -n 1'];
    const plain = await lab.run(script); // what whoever started the tests ignores stays so
    const { stdout, stderr } = await udocker(['-q', 'run', 'ubuntu', ...script], { env });
    expect([stdout, stderr]).toEqual([plain.stdout, '']);
  }, 120_000);

  const strace = Bun.which('strace');
  const noStrace = strace === null ? ' (skipped: no strace)' : '';
  test.skipIf(strace === null)(
    `file systems without locks: owners are kept all the same${noStrace}`,
    async () => {
      await good('pull', 'ubuntu');
      const id = (await good('-q', 'create', '--name=box', 'ubuntu')).stdout.trim();
      await good('run', '--execmode=N1', 'box', 'true');
      const lock = join(top, 'containers', id, '.udocker/native/ownership.lock');
      const log = join(lab.home, 'strace.log');
      const refusing = ['-f', '-o', log, '-P', lock, '-e', 'trace=flock', '-e', 'inject=flock:error=ENOLCK'];
      const words = [
        '-q',
        'run',
        '--execmode=N1',
        'box',
        'sh',
        '-c',
        'touch /f; chown 12:34 /f; stat -c %u:%g /f',
      ];
      const env = { ...modes[0]?.[1], UDOCKER_DIR: top };
      const { stdout, stderr } = await lab.run([strace ?? '', ...refusing, lab.executable, ...words], {
        env,
      });
      expect([stdout, stderr]).toEqual(['12:34\n', '']);
      expect(readFileSync(log, 'utf8')).toContain('INJECTED');
    },
    30_000,
  );

  test('cwltool: one run that pulls; stdout holds only what the program says', async () => {
    const words = [
      '--quiet',
      'run',
      '--nobanner',
      `--volume=${data}:/var/lib/cwl/job`,
      '--workdir=/spool',
      '--rm',
      '--gpus=all',
      '--env=TMPDIR=/tmp',
      '--env=HOME=/spool',
      '--shm-size=64m',
      'ubuntu',
      'sh',
      '-c',
      'echo $HOME $TMPDIR; pwd; cat /var/lib/cwl/job/in',
    ];
    expect(await udocker(words)).toEqual({ status: 0, stdout: '/spool /tmp\n/spool\ninput\n', stderr: '' });
    expect(await ids()).toEqual([]);
  });

  test('Nextflow: a container of its own for each task', async () => {
    await good('pull', 'ubuntu:latest');
    const task = `${lab.executable} run --rm -e "K=V W" -v ${data}:/a:ro -v "$W":"$W" -w "$W" --bindhome $(${lab.executable} create "ubuntu:latest") sh -c 'echo $K; pwd; cat /a/in; echo $HOME'`;
    const env = { ...modes[0]?.[1], UDOCKER_DIR: top, W: data };
    const { status, stdout } = await lab.run(['sh', '-c', task], { env });
    expect([status, stdout]).toEqual([0, `V W\n${data}\ninput\n${lab.home}\n`]);
    expect(await ids()).toEqual([]);
  });

  test('SCAR: --nosysdirs, and an entrypoint of several words in one argument', async () => {
    await good('pull', 'ubuntu');
    await good('create', '--name=udocker_container', 'ubuntu');
    const words = [
      '--quiet',
      'run',
      '-v',
      data,
      '-v',
      '/dev',
      '-v',
      '/proc',
      '-v',
      '/etc/hosts',
      '--nosysdirs',
      '--env',
      'K=V',
      `--entrypoint=/bin/sh ${data}/script.sh`,
      'udocker_container',
    ];
    const { status, stdout } = await udocker(words);
    expect([status, stdout]).toEqual([5, 'script\n']);
  });

  test('miniwdl: --allow-root is harmless', async () => {
    expect((await good('--allow-root', '--version')).stdout).toMatch(/^version: \d/);
    await good('--allow-root', 'pull', 'ubuntu');
    const words = [
      '--allow-root',
      'run',
      '--workdir',
      '/work',
      '--nobanner',
      '--rm',
      '-v',
      `${data}:/mnt`,
      'ubuntu',
      '/bin/sh',
      '-c',
      'pwd; cat /mnt/in',
    ];
    expect((await good(...words)).stdout).toBe('/work\ninput\n');
  });

  test('GitLab: inspect to ask, rm -f, create, a script on the standard input', async () => {
    await good('pull', 'ubuntu');
    expect((await udocker(['inspect', 'job'])).status).toBe(1);
    await good('rm', '-f', 'job');
    await good('create', '--name=job', 'ubuntu');
    expect((await udocker(['inspect', 'job'])).status).toBe(0);
    const script = 'echo from stdin\nexit 3\n';
    const words = ['run', '--containerauth', '--nobanner', 'job', '/bin/sh'];
    expect(await udocker(words, { stdin: script })).toEqual({
      status: 3,
      stdout: 'from stdin\n',
      stderr: '',
    });
    await good('rm', '-f', 'job');
    expect(await ids()).toEqual([]);
  });

  test('Cromwell: the status of the script', async () => {
    const { status, stdout } = await udocker([
      'run',
      '--rm',
      '-v',
      `${data}:/cromwell`,
      'ubuntu',
      '/bin/sh',
      '/cromwell/script.sh',
      'x',
    ]);
    expect([status, stdout]).toEqual([5, 'script x\n']);
  });

  test('Clementine: the words it looks for on stderr', async () => {
    expect((await udocker(['--allow-root', 'rm', 'c'])).stderr).toContain('invalid container id');
    await good('pull', 'ubuntu');
    await good('--allow-root', 'create', '--name=c', 'ubuntu');
    expect((await udocker(['--allow-root', 'create', '--name=c', 'ubuntu'])).stderr).toContain(
      'container name already exists',
    );
    expect((await good('run', '--rm', '-v', `${data}:/mnt`, 'c', 'cat', '/mnt/in')).stdout).toBe('input\n');
    await good('--allow-root', 'rmi', 'ubuntu');
  });

  test('Stimela, DEEP, Termux', async () => {
    await good('pull', 'ubuntu');
    await good('create', '--name=s', 'ubuntu');
    expect(
      (await good('run', `--volume=${data}:/z`, '--env=K=V', 's', 'sh', '-c', 'echo $K; cat /z/in')).stdout,
    ).toBe('V\ninput\n');
    expect((await good('run', '-p', '5000:5000', '-p', '6006:6006', 's', 'echo', 'ports')).stdout).toBe(
      'ports\n',
    );
    const termux = [
      'run',
      '-v',
      `${data}/in:/proc/stat`,
      '-p',
      '2222:22',
      '-e',
      'A=1',
      '--entrypoint',
      'sh -c',
      's',
      'cat /proc/stat; echo $A',
    ];
    expect((await good(...termux)).stdout).toBe('input\n1\n');
  });
});
