/**
 * Everything that can be wrong with a registry, an image, a disk or a command line, tried with the built file as an
 * unprivileged user: each has a message of its own that names the thing, a next step, the right exit status, and
 * leaves the repository as it was.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noBusybox, snapshot, suite } from './support/e2e.ts';
import { type Lab, openLab, type Result } from './support/lab.ts';
import { freePort } from './support/programs.ts';
import type { Fault } from './support/registry-faults.ts';
import { type RegistryServer, startRegistry } from './support/registry-server.ts';
import { noise, publishImage, publishIndex } from './support/small-image.ts';
import { tar } from './support/tar-writer.ts';

interface Wrong {
  readonly name: string;
  /** What happens to every request for the image's manifest, or for its blobs. */
  readonly manifest?: Fault;
  readonly blob?: Fault;
  /** Published instead of an honest image. */
  readonly publish?: (server: RegistryServer, repository: string) => void;
  /** Commands that must work first. In words, IMAGE is the image, HOST the registry. */
  readonly first?: readonly string[];
  /** Default: pull IMAGE. */
  readonly command?: string;
  /** Default 1. */
  readonly status?: number;
  readonly error: RegExp;
  readonly hint?: RegExp;
  /** What may stay in the repository, so that the next pull goes on from there. */
  readonly keeps?: RegExp;
}

const always = 100;
const a64 = 'a'.repeat(64);
const create = ['pull IMAGE', 'create --name=box IMAGE'];

/** Of registries. The registry is HOST, the image HOST/bad/N:1. */
const registryCases: readonly Wrong[] = [
  {
    name: 'nothing listens',
    command: 'pull 127.0.0.1:CLOSED/x',
    error: /127\.0\.0\.1:\d+ refused the connection: nothing listens there/,
    hint: /check host and port/,
  },
  {
    name: 'no such host',
    command: 'pull nosuchhost.invalid/x',
    error: /no host is called nosuchhost\.invalid|name service/,
    hint: /spelling|network/,
  },
  {
    name: 'a web site',
    manifest: { kind: 'web-page' },
    error: /127\.0\.0\.1:\d+ is not a registry: it answers with a web page/,
    hint: /check the host name/,
  },
  {
    name: 'https asked, http spoken',
    command: 'pull --registry=https://HOST bad/x',
    error: /127\.0\.0\.1:\d+ does not speak TLS/,
    hint: /http:\/\//,
  },
  {
    name: '401',
    manifest: { kind: 'status', status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
    error: /refuses anonymous users.*bad\/\d+ is private or does not exist/,
    hint: /udocker login --registry=127\.0\.0\.1:\d+/,
  },
  {
    name: '403',
    manifest: { kind: 'status', status: 403 },
    error: /127\.0\.0\.1:\d+ forbids it/,
    hint: /udocker login --registry=/,
  },
  {
    name: '404, tag',
    command: 'pull HOST/bad/N:nosuch',
    error: /has no tag nosuch of bad\/\d+/,
    hint: /spelling of the name and the tag/,
  },
  {
    name: '404, name',
    command: 'pull HOST/bad/nosuch',
    error: /has no image bad\/nosuch/,
    hint: /spelling of the image/,
  },
  {
    name: '404, digest',
    command: `pull HOST/bad/N@sha256:${a64}`,
    error: new RegExp(`has no manifest sha256:${a64} of bad/`),
    hint: /spelling of the name and the digest/,
  },
  {
    name: '429',
    manifest: { kind: 'status', status: 429, headers: { 'retry-after': '3600' } },
    error: /too many requests from here; it asks to wait 60 minutes/,
    hint: /try again in 60 minutes, or log in for a higher limit/,
  },
  {
    name: '500',
    manifest: { kind: 'status', status: 500 },
    error: /has a problem of its own: status 500/,
    hint: /try again later/,
  },
  {
    name: 'a blob that the registry has lost',
    blob: { kind: 'status', status: 404 },
    error: /has lost sha256:[0-9a-f]{64} of bad/,
    hint: /pushed again/,
  },
  {
    name: 'a blob that is not what its digest says',
    blob: { kind: 'flipped' },
    error: /sha256:[0-9a-f]{64}.*(?:digest|bytes)/,
    hint: /try again|again/,
  },
  {
    name: 'a blob that always ends too early',
    blob: { kind: 'truncated', after: 1000 },
    error: /fetching [0-9a-f]{12} .* has 1000 bytes where the manifest says \d+ bytes/,
    hint: /pushed again/,
  },
  {
    name: 'a blob that is always cut',
    blob: { kind: 'cut', after: 0 },
    error: /the connection to 127\.0\.0\.1:\d+ was cut/,
    hint: /try again/,
    keeps: /^layers\/(?:\.partial-)?sha256:/,
  },
  {
    name: 'a manifest that is not JSON',
    publish: (registry, repository) =>
      registry.putManifest(repository, '1', Buffer.from('{"schemaVersion": 2,')),
    error: /reading the manifest of .*: not a JSON document/,
    hint: /pushed again/,
  },
  {
    name: 'a manifest without layers',
    publish: (registry, repository) => registry.putManifest(repository, '1', { schemaVersion: 2 }),
    error: /its field config is missing or malformed/,
    hint: /pushed again/,
  },
  {
    name: 'a manifest of schema 1',
    publish: (registry, repository) =>
      registry.putManifest(
        repository,
        '1',
        { schemaVersion: 1, name: repository, fsLayers: [], history: [] },
        'application/vnd.docker.distribution.manifest.v1+prettyjws',
      ),
    error: /schema 1 manifest/,
    hint: /skopeo copy/,
  },
  {
    name: 'a manifest that is not what the digest says',
    command: 'pull HOST/bad/N@DIGEST',
    manifest: { kind: 'flipped' },
    error: /what came has the digest sha256:\w+, asked for was sha256:/,
    hint: /try again/,
  },
  {
    name: 'an image for another platform',
    publish: (registry, repository) => publishImage(registry, repository, '1', { architecture: 's390x' }),
    error: /for linux\/s390x, and linux\/\w+ is wanted/,
    hint: /--platform=linux\/s390x/,
  },
  {
    name: 'an index without this platform',
    publish: (registry, repository) => publishIndex(registry, repository, '1', ['s390x', 'riscv64']),
    error:
      /linux\/s390x.*linux\/riscv64.*wanted|wanted.*linux\/s390x.*linux\/riscv64|linux\/\w+.*linux\/s390x, linux\/riscv64/,
    hint: /--platform=/,
  },
];

/** Of images that come whole but cannot be extracted. */
const imageCases: readonly Wrong[] = [
  {
    name: 'a layer that is no archive',
    publish: (registry, repository) =>
      publishImage(registry, repository, '1', { tars: [noise(4096, 'no tar')] }),
    first: ['pull IMAGE'],
    command: 'create IMAGE',
    error: /extracting layer sha256:[0-9a-f]{64}: .*not a tar archive/,
    hint: /pushed again/,
  },
  {
    name: 'a layer that ends in the middle of a file',
    publish: (registry, repository) => {
      const whole = tar({ name: 'file', content: noise(100_000, 'file') });
      publishImage(registry, repository, '1', { tars: [whole.subarray(0, 50_000)] });
    },
    first: ['pull IMAGE'],
    command: 'create --name=box IMAGE',
    error: /extracting layer sha256:[0-9a-f]{64}, entry file: the archive ends/,
    hint: /pushed again/,
  },
  {
    name: 'the second of two layers is broken',
    publish: (registry, repository) => {
      const good = tar({ name: 'etc/' }, { name: 'etc/x', content: 'x' });
      publishImage(registry, repository, '1', { tars: [good, noise(9999, 'broken')] });
    },
    first: ['pull IMAGE'],
    command: 'run --name=box IMAGE true',
    status: 125,
    error: /extracting layer sha256:[0-9a-f]{64}: .*not a tar archive/,
    hint: /pushed again/,
  },
];

/** Of names and commands. */
const commandCases: readonly Wrong[] = [
  {
    name: 'create of an unknown image',
    command: 'create nosuch',
    error: /image not found: nosuch:latest/,
    hint: /udocker pull nosuch:latest/,
  },
  {
    name: 'rmi of an unknown image',
    command: 'rmi nosuch',
    error: /image not found: nosuch:latest/,
    hint: /udocker images/,
  },
  {
    name: 'rm of an unknown container',
    command: 'rm nosuch',
    error: /invalid container id or name: nosuch/,
    hint: /udocker ps/,
  },
  {
    name: 'inspect of nothing',
    command: 'inspect nosuch',
    error: /no container and no image nosuch/,
    hint: /udocker ps, udocker images/,
  },
  {
    name: 'protect of nothing',
    command: 'protect nosuch',
    error: /no container and no image nosuch/,
    hint: /udocker ps, udocker images/,
  },
  {
    name: 'rename of nothing',
    command: 'rename nosuch x',
    error: /there is no container name nosuch/,
    hint: /udocker ps/,
  },
  {
    name: 'rmname of nothing',
    command: 'rmname nosuch',
    error: /there is no container name nosuch/,
    hint: /udocker ps/,
  },
  {
    name: 'run of nothing',
    command: 'run --pull=never nosuch',
    status: 125,
    error: /no container and no image nosuch:latest/,
    hint: /udocker pull nosuch/,
  },
  {
    name: 'tag of nothing',
    command: 'tag nosuch x',
    error: /image not found: nosuch:latest/,
    hint: /udocker pull/,
  },
  {
    name: 'create, name taken',
    first: create,
    command: 'create --name=box IMAGE',
    error: /^Error: container name already exists: the name box is taken by/,
    hint: /udocker rmname box/,
  },
  {
    name: 'run, name taken',
    first: create,
    command: 'run --name=box IMAGE true',
    status: 125,
    error: /container name already exists/,
    hint: /udocker rmname box/,
  },
  {
    name: 'tag, name taken',
    first: ['pull IMAGE'],
    command: 'tag IMAGE IMAGE',
    error: /exists already/,
    hint: /udocker rmi/,
  },
  {
    name: 'a name that is none',
    first: ['pull IMAGE'],
    command: 'create --name=a.b IMAGE',
    status: 2,
    error: /not a container name: "a\.b"/,
    hint: /letters/,
  },
  {
    name: 'rm of a protected container',
    first: [...create, 'protect box'],
    command: 'rm -f box',
    error: /it is protected/,
    hint: /udocker unprotect/,
  },
  {
    name: 'rmi of a protected image',
    first: ['pull IMAGE', 'protect IMAGE'],
    command: 'rmi IMAGE',
    error: /it is protected/,
    hint: /udocker unprotect/,
  },
  {
    name: 'a command that is not there',
    first: create,
    command: 'run box nosuch',
    status: 127,
    error: /command not found in the container: "nosuch"/,
    hint: /PATH/,
  },
  {
    name: 'a path that is not there',
    first: create,
    command: 'run box /bin/nosuch',
    status: 127,
    error: /command not found in the container: \/bin\/nosuch/,
    hint: /ls \/bin/,
  },
  {
    name: 'a command that may not be executed',
    first: create,
    command: 'run box /etc/passwd',
    status: 126,
    error: /cannot execute \/etc\/passwd.*no execute permission/,
    hint: /chmod \+x/,
  },
  {
    name: 'a directory as command',
    first: create,
    command: 'run box /etc',
    status: 126,
    error: /cannot execute \/etc.*directory/,
  },
  {
    name: 'an unknown user',
    first: create,
    command: 'run --user=nosuch box true',
    status: 125,
    error: /no user "nosuch"/,
    hint: /number/,
  },
  {
    name: 'a volume that is not there',
    first: create,
    command: 'run -v /nonexistent:/x box true',
    status: 125,
    error: /\/nonexistent: there is no such path/,
    hint: /mkdir -p/,
  },
  {
    name: 'an env file that is not there',
    first: create,
    command: 'run --env-file=/nonexistent box true',
    status: 125,
    error: /there is no file \/nonexistent/,
    hint: /--env-file/,
  },
  {
    name: 'a mode that does not exist',
    first: create,
    command: 'run --execmode=X9 box true',
    status: 2,
    error: /--execmode: .*X9/,
  },
  {
    name: 'rmi of what can be no image',
    command: 'rmi a/../b',
    error: /not an image reference: "a\/\.\.\/b"/,
  },
  {
    name: 'an option behind the container',
    first: create,
    command: 'run box --help',
    status: 127,
    error: /command not found in the container: "--help"/,
    hint: /options of udocker run stand before the container/,
  },
  {
    name: 'run of a container that is gone, whose name no image can have',
    command: 'run Box true',
    status: 125,
    error: /there is no container Box \(.*upper-case/,
    hint: /udocker ps/,
  },
  {
    name: 'inspect of what can be neither',
    command: 'inspect Box',
    error: /there is no container Box \(/,
    hint: /udocker ps/,
  },
  { name: 'an unknown option', command: 'pull --bogus x', status: 2, error: /unknown option: --bogus/ },
  {
    name: 'an unknown command',
    command: 'pul x',
    status: 2,
    error: /unknown command: pul/,
    hint: /did you mean pull/,
  },
  {
    name: 'no such repository',
    command: '--repo=/nonexistent ps',
    error: /no udocker repository \/nonexistent/,
    hint: /udocker mkrepo \/nonexistent/,
  },
  {
    name: 'no such configuration',
    command: '--config=/nonexistent ps',
    error: /there is no file \/nonexistent/,
    hint: /--config/,
  },
];

let server: RegistryServer;
let lab: Lab;
let closedPort = 0;
let count = 0;

beforeAll(async () => {
  if (noBusybox !== undefined) return;
  server = await startRegistry();
  lab = openLab();
  closedPort = await freePort();
});
afterAll(async () => {
  lab?.close();
  await server?.close();
});

interface Outcome {
  readonly result: Result;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Plays one case in a repository of its own. */
async function play(wrong: Wrong): Promise<Outcome> {
  count += 1;
  const number = count;
  const repository = `bad/${number}`;
  const top = join(lab.directory, `repository-${number}`);
  const published =
    wrong.publish === undefined ? publishImage(server, repository, '1') : wrong.publish(server, repository);
  const digest = typeof published === 'object' ? published.digest : '';
  const path = (kind: string) => new RegExp(`/v2/${repository}/${kind}/`);
  if (wrong.manifest !== undefined)
    server.fault({ match: path('manifests'), fault: wrong.manifest, times: always });
  if (wrong.blob !== undefined) {
    // The configuration is a blob too, and comes first.
    server.fault({ match: path('blobs'), fault: wrong.blob, times: always, after: 1 });
  }
  const udocker = (line: string): Promise<Result> => {
    const words = line
      .replaceAll('IMAGE', 'HOST/bad/N:1')
      .replaceAll('bad/N', repository)
      .replaceAll('HOST', server.host)
      .replaceAll('CLOSED', String(closedPort))
      .replaceAll('DIGEST', digest);
    return lab.udocker(words.split(' '), { env: { UDOCKER_DIR: top } });
  };
  for (const line of ['-q images', ...(wrong.first ?? [])]) {
    const { status, stderr } = await udocker(line);
    if (status !== 0) throw new Error(`${line}: ${stderr}`);
  }
  const before = snapshot(top);
  const result = await udocker(wrong.command ?? 'pull IMAGE');
  return { result, before, after: snapshot(top) };
}

function check(wrong: Wrong, { result, before, after }: Outcome): void {
  const { status, stdout, stderr } = result;
  const errors = stderr.split('\n').filter((line) => line.startsWith('Error: '));
  const hints = stderr.split('\n').filter((line) => line.startsWith('Hint: '));
  expect([status, stdout, errors.length, hints.length]).toEqual([
    wrong.status ?? 1,
    '',
    1,
    wrong.hint === undefined ? hints.length : 1,
  ]);
  expect(errors[0]).toMatch(wrong.error);
  if (wrong.hint !== undefined) expect(hints[0]).toMatch(wrong.hint);
  const { keeps } = wrong;
  expect(after.filter((line) => keeps?.test(line) !== true)).toEqual([...before]);
}

const groups = [
  ['registries', registryCases],
  ['images', imageCases],
  ['commands', commandCases],
] as const;

for (const [name, cases] of groups) {
  suite(`bad input: ${name}`, noBusybox, () => {
    // Retries take their time: all are under way at once, a few at a time.
    const running: Promise<Outcome>[] = [];
    beforeAll(async () => {
      const queue = cases.map((_, at) => at);
      const worker = async (): Promise<void> => {
        for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
          const wrong = cases[at];
          if (wrong === undefined) continue;
          const outcome = play(wrong);
          running[at] = outcome;
          await outcome.catch(() => {}); // its own test reports it
        }
      };
      await Promise.all(Array.from({ length: 4 }, worker));
    }, 120_000);
    test.each(cases.map((wrong, at) => [wrong.name, wrong, at] as const))('%s', async (_, wrong, at) => {
      const outcome = await running[at];
      if (outcome === undefined) throw new Error('it was not played');
      if (process.env.UDOCKER_TEST_SHOW !== undefined) console.log(outcome.result.stderr);
      check(wrong, outcome);
    });
  });
}

suite('bad input: disks', noBusybox, () => {
  const isRoot = process.getuid?.() === 0;

  /** A repository on a file system of its own, of `size`; the test's user owns it. */
  async function withDisk(size: string, work: (top: string) => Promise<void>): Promise<void> {
    const disk = mkdtempSync(join(lab.directory, 'disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},uid=${lab.uid},gid=${lab.gid}`, 'tmpfs', disk]);
    try {
      await work(join(disk, 'repository'));
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  }

  test.skipIf(!isRoot)('a full disk: pull (skipped without root)', () =>
    withDisk('2m', async (top) => {
      publishImage(server, 'disk/big', '1', { tars: [tar({ name: 'big', content: noise(4 << 20, 'big') })] });
      await lab.udocker(['images'], { env: { UDOCKER_DIR: top } });
      const before = snapshot(top);
      const { status, stderr } = await lab.udocker(['pull', `${server.host}/disk/big:1`], {
        env: { UDOCKER_DIR: top },
      });
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(
          /Error: storing sha256:\w+ \(\d+ MB wanted, \d+ MB free\): .*no space left on the device\nHint: free some.*--repo=DIR/,
        ),
      ]);
      expect(snapshot(top)).toEqual(before);
    }),
  );

  test.skipIf(!isRoot)('a full disk: create (skipped without root)', () =>
    withDisk('3m', async (top) => {
      const env = { UDOCKER_DIR: top };
      const image = `${server.host}/disk/zeros:1`;
      publishImage(server, 'disk/zeros', '1', {
        tars: [tar({ name: 'zeros', content: Buffer.alloc(8 << 20, 'x') })],
      });
      expect((await lab.udocker(['pull', image], { env })).status).toBe(0);
      const before = snapshot(top);
      const { status, stdout, stderr } = await lab.udocker(['create', '--name=box', image], { env });
      expect([status, stdout, stderr]).toEqual([
        1,
        '',
        expect.stringMatching(/Error: .*zeros.*: no space left on the dis?k?\w*\nHint: free some/),
      ]);
      expect(snapshot(top)).toEqual(before);
    }),
  );

  test('a repository that cannot be written: reading works, the rest says why', async () => {
    const top = join(lab.directory, 'read-only');
    const env = { UDOCKER_DIR: top };
    const image = `${server.host}/disk/fine:1`;
    publishImage(server, 'disk/fine', '1');
    publishImage(server, 'disk/other', '1', { tars: [tar({ name: 'other', content: 'other' })] });
    for (const words of [
      ['pull', image],
      ['create', '--name=box', image],
    ])
      expect((await lab.udocker(words, { env })).status).toBe(0);
    await lab.run(['chmod', '-R', 'a-w', top]);
    const before = snapshot(top);
    try {
      expect((await lab.udocker(['ps'], { env })).stdout).toContain("['box']");
      expect((await lab.udocker(['images'], { env })).stdout).toContain(image);
      for (const words of [
        ['pull', `${server.host}/disk/other:1`],
        ['create', image],
        ['rm', 'box'],
        ['rmi', image],
        ['name', 'box', 'more'],
        ['protect', 'box'],
      ]) {
        const { status, stdout, stderr } = await lab.udocker(words, { env });
        expect([words, status, stdout, stderr.replace(/^Info: .*\n/gm, '')]).toEqual([
          words,
          1,
          '',
          expect.stringMatching(
            /^Error: .*read-only.*: permission denied\nHint: see who owns it with: ls -ld .*\n$/,
          ),
        ]);
      }
      expect(snapshot(top)).toEqual(before);
    } finally {
      await lab.run(['chmod', '-R', 'u+w', top]);
    }
  });

  test('a blob that was damaged on disk is found out', async () => {
    const top = join(lab.directory, 'damaged');
    const env = { UDOCKER_DIR: top };
    const image = `${server.host}/disk/whole:1`;
    const published = publishImage(server, 'disk/whole', '1');
    expect((await lab.udocker(['pull', image], { env })).status).toBe(0);
    const before = snapshot(top);
    const blob = join(top, 'layers', published.layers[0]?.digest ?? '');
    const bytes = readFileSync(blob);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await lab.run(['chmod', 'u+w', blob]);
    writeFileSync(blob, bytes);
    const { status, stdout, stderr } = await lab.udocker(['create', image], { env });
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      expect.stringMatching(
        /Error: .*the blob does not have its digest: expected sha256:.*\nHint: .*damaged.*pull it again/,
      ),
    ]);
    expect(snapshot(top)).toEqual(before);
    expect((await lab.udocker(['pull', image], { env })).status).toBe(0);
    expect((await lab.udocker(['create', image], { env })).status).toBe(0);
  });
});
