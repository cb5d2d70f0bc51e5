import { describe, expect, test } from 'bun:test';
import { elfFile, type MemoryEntry, memoryFiles } from '../../test/support/memory-files.ts';
import { isUdockerError } from '../errors.ts';
import { emptyImageConfig, type ImageConfig } from '../oci/image-config.ts';
import { hostPath } from '../paths.ts';
import { commandWords } from './command.ts';
import type { RunHost } from './facts.ts';
import { parseEnvAssignment } from './parse-env.ts';
import { parsePublish } from './parse-publish.ts';
import { parseUser } from './parse-user.ts';
import { parseVolume } from './parse-volume.ts';
import { emptyRequest, type RunContainer, type RunDefaults, type RunRequest } from './request.ts';
import { specify } from './specify.ts';

const program = { kind: 'file', content: elfFile(62, 64) } as const;
const entries: Readonly<Record<string, MemoryEntry>> = {
  '/c/ROOT/bin/sh': program,
  '/c/ROOT/bin/app': program,
  '/c/ROOT/etc/passwd': { kind: 'file', content: 'root:x:0:0::/root:\nweb:x:33:44::/srv:\n' },
  '/c/ROOT/etc/group': { kind: 'file', content: 'root:x:0:\nwebs:x:44:\n' },
  '/c/ROOT/etc/resolv.conf': { kind: 'symlink', to: '../run/resolv.conf' },
  '/c/ROOT/srv': { kind: 'directory' },
  '/c/ROOT/data': { kind: 'symlink', to: '/srv' },
  '/etc/passwd': { kind: 'file', content: 'root:x:0:0::/root:\nme:x:1500:1500::/home/me:\n' },
  '/etc/group': { kind: 'file', content: 'root:x:0:\nme:x:1500:\n' },
  '/etc/resolv.conf': { kind: 'file', content: '' },
  '/home/me': { kind: 'directory' },
  '/vol/a': { kind: 'directory' },
  '/vol/b': { kind: 'directory' },
  '/vol/f': { kind: 'file', content: '' },
  '/dev/null': { kind: 'device' },
  '/dev/fuse': { kind: 'device' },
  '/proc': { kind: 'directory' },
};
const host: RunHost = {
  uid: 1500,
  gid: 1500,
  userName: 'me',
  home: hostPath('/home/me'),
  env: { TERM: 'xterm', SET: 'outside', HOME: '/home/me', PATH: '/host/bin', UDOCKER_DIR: '/x' },
  hostname: 'node1',
  architecture: 'amd64',
  cpus: [0, 1],
  terminal: false,
  foreignArchitectures: [],
  files: memoryFiles(entries),
  freePort: () => 23456,
};
const container: RunContainer = {
  id: '12345678-aaaa-3bbb-8ccc-ddddeeeeffff',
  names: ['one', 'two'],
  directory: hostPath('/c'),
  root: hostPath('/c/ROOT'),
  rootWritable: true,
  stateDirectory: hostPath('/c/.udocker'),
  ownersFile: hostPath('/c/owners'),
  mode: 'P1',
};
const defaults: RunDefaults = {
  sysDirs: ['/dev', '/proc', '/etc/resolv.conf', '/lib/modules'],
  driDirs: [],
  killOnExit: true,
};

function decide(request: Partial<RunRequest>, image: Partial<ImageConfig> = { cmd: ['app'] }) {
  return specify(
    { ...emptyRequest, ...request },
    { ...emptyImageConfig, ...image },
    container,
    host,
    defaults,
  );
}
function refusal(request: Partial<RunRequest>, image?: Partial<ImageConfig>): [string, string] {
  try {
    decide(request, image);
  } catch (error) {
    if (isUdockerError(error)) return [error.code, error.message];
    throw error;
  }
  throw new Error('accepted');
}

describe('entrypoint and command', () => {
  const image = { entrypoint: ['entry', 'e1'], cmd: ['c1', 'c2'] };
  test.each([
    [image, undefined, [], ['entry', 'e1', 'c1', 'c2']],
    [image, undefined, ['x', ''], ['entry', 'e1', 'x', '']],
    [image, '', [], []],
    [image, '', ['x'], ['x']],
    [image, '/bin/sh /x', [], ['/bin/sh', '/x']],
    [image, 'other', ['y z'], ['other', 'y z']],
    [{ entrypoint: [], cmd: ['c'] }, undefined, [], ['c']],
  ])('%p %p %p', (config, entrypoint, command, words) => {
    expect([...commandWords(config, entrypoint, command)]).toEqual(words);
  });
  test('without any, a shell and a note', () => {
    const { spec, notes } = decide({}, {});
    expect([spec.process.args, notes]).toEqual([['sh'], [expect.stringContaining('starting sh')]]);
  });
  test('--nometa leaves the image out', () => {
    const { spec } = decide(
      { noMeta: true },
      { cmd: ['app'], user: 'web', workingDir: '/srv', env: ['A=1'] },
    );
    expect([
      spec.process.args,
      spec.process.user.uid,
      spec.process.cwd as string,
      spec.process.env.A,
    ]).toEqual([['sh'], 0, '/', undefined]);
  });
});

describe('environment', () => {
  const env = (request: Partial<RunRequest>, words: string[] = []) =>
    decide(request, { cmd: ['app'], env: words }).spec.process.env;
  test('defaults tell who and where, and no host path', () => {
    expect(env({})).toEqual({
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      USER: 'root',
      LOGNAME: 'root',
      USERNAME: 'root',
      TERM: 'xterm',
      PS1: '12345678# ',
      SHLVL: '0',
      container_ruser: 'me',
      container_uuid: container.id,
      container_execmode: 'P1',
      container_names: 'one,two',
    });
  });
  test('later sources win', () => {
    const file = [parseEnvAssignment('B=file'), parseEnvAssignment('C=file')];
    const all = env(
      { hostEnv: true, envFiles: [file], env: [parseEnvAssignment('C=flag'), parseEnvAssignment('SET')] },
      ['A=image', 'B=image', 'SET=image', 'HOME=/img', 'PATH=/bin'],
    );
    expect(all).toMatchObject({
      A: 'image',
      B: 'file',
      C: 'flag',
      SET: 'outside',
      HOME: '/img',
      PATH: '/bin',
    });
    expect(all.UDOCKER_DIR).toBeUndefined();
  });
  test('a bare name without value outside is unset', () => {
    expect(env({ env: [parseEnvAssignment('GONE')] }, ['GONE=image']).GONE).toBeUndefined();
  });
});

describe('users', () => {
  test('a user that the image makes no sense of is no wrong usage', () => {
    for (const user of ['4294967296', 'a:b:c', 'x y']) {
      expect(() => decide({}, { cmd: ['app'], user })).toThrow(
        expect.objectContaining({ code: 'INVALID', message: expect.stringContaining(user) }),
      );
    }
  });

  test('the image’s user counts, -u wins', () => {
    expect(decide({}, { cmd: ['app'], user: 'web' }).spec.process.user).toMatchObject({ uid: 33, gid: 44 });
    const { spec } = decide({ user: parseUser('0') }, { cmd: ['app'], user: 'web' });
    expect(spec.process.user.uid).toBe(0);
  });
  test('an unknown number gets lines in copies of the files', () => {
    const { spec } = decide({ user: parseUser('77:88') });
    expect(spec.files.map(({ content }) => content.split('\n').at(-2))).toEqual([
      'u77:x:77:88::/:/bin/sh',
      'u77:x:88:',
    ]);
    const account = spec.mounts.filter(({ origin }) => origin === 'account');
    expect(account.map(({ target }) => target as string)).toEqual(['/etc/passwd', '/etc/group']);
    expect(account.map(({ source }) => source)).toEqual(spec.files.map(({ path }) => path));
  });
  test('--containerauth leaves the files alone', () => {
    expect(decide({ user: parseUser('77'), containerAuth: true }).spec.files).toEqual([]);
  });
  test('--hostauth takes the host’s', () => {
    const { spec } = decide({ hostAuth: true, user: parseUser('me') });
    expect(spec.process.user as unknown).toMatchObject({ uid: 1500, home: '/home/me' });
    expect(spec.files[0]?.content).toContain('me:x:1500');
    expect(refusal({ user: parseUser('ghost') })).toEqual(['NOT_FOUND', expect.stringContaining('ghost')]);
  });
  test('--bindhome mounts the home and sets HOME', () => {
    const { spec } = decide({ bindHome: true });
    expect(spec.process.env.HOME).toBe('/home/me');
    expect(spec.mounts.some(({ target }) => (target as string) === '/home/me')).toBe(true);
  });
});

describe('mounts', () => {
  const targets = (request: Partial<RunRequest>) =>
    decide(request).spec.mounts.map(({ source, target }) => `${source}:${target}`);
  test('system directories that exist, targets resolved inside', () => {
    expect(targets({})).toEqual(['/dev:/dev', '/proc:/proc', '/etc/resolv.conf:/run/resolv.conf']);
  });
  test('--nosysdirs leaves the bare devices', () => {
    expect(targets({ noSysDirs: true })).toEqual(['/dev/null:/dev/null']);
  });
  test('shallow first, the later of two for one target', () => {
    const volumes = ['/vol/a:/x/y', '/vol/a:/x', '/vol/b:/x', '/vol/f:/data/f'].map(parseVolume);
    expect(targets({ noSysDirs: true, volumes })).toEqual([
      '/vol/b:/x',
      '/dev/null:/dev/null',
      '/vol/a:/x/y',
      '/vol/f:/srv/f',
    ]);
  });
  test('--novol drops one and notes an unknown one', () => {
    const { spec, notes } = decide({ novol: ['/proc', '/nowhere'] });
    expect(spec.mounts.some(({ target }) => (target as string) === '/proc')).toBe(false);
    expect(notes).toEqual([expect.stringContaining('/nowhere')]);
  });
  test('what the host lacks is named', () => {
    expect(refusal({ volumes: [parseVolume('/gone:/x')] })).toEqual([
      'NOT_FOUND',
      expect.stringContaining('/gone'),
    ]);
    const device = { source: hostPath('/vol/f'), target: parseVolume('/x').target };
    expect(refusal({ devices: [device] })[0]).toBe('INVALID');
  });
});

test('a missing working directory is to be made, a file is refused', () => {
  expect(decide({ workdir: '/new/place' }).spec.directories.map(String)).toEqual(['/new/place']);
  expect(decide({ workdir: 'data' }).spec.process.cwd as string).toBe('/srv');
  expect(refusal({ workdir: '/bin/sh' })[0]).toBe('INVALID');
});

test('ports: free ones are chosen and told, exposed ones published, clashes refused', () => {
  const { spec, notes } = decide(
    { publish: parsePublish('80'), publishAll: true },
    { cmd: ['app'], exposedPorts: ['80/tcp', '53/udp'] },
  );
  expect(spec.ports).toEqual([
    { host: 23456, guest: 80, protocol: 'tcp' },
    { host: 23456, guest: 53, protocol: 'udp' },
  ]);
  expect(notes).toHaveLength(2);
  expect(refusal({ publish: [...parsePublish('1:80'), ...parsePublish('1:81')] })[0]).toBe('CONFLICT');
});

test('CPUs that may not be used are refused', () => {
  expect(decide({ cpus: [1] }).spec.cpus).toEqual([1]);
  expect(refusal({ cpus: [0, 7] })).toEqual(['INVALID', expect.stringContaining('CPU 7')]);
});

test('options of Docker that have nothing to do are noted', () => {
  expect(decide({ gpus: 'all', shmSize: '1g' }).notes).toHaveLength(2);
});
