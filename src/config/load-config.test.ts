import { describe, expect, test } from 'bun:test';
import { isUdockerError } from '../errors.ts';
import { hostPath } from '../paths.ts';
import { type ConfigFlags, type LoadedConfig, loadConfig } from './load-config.ts';
import { settingKeys, settings } from './settings.ts';

type Files = Readonly<Record<string, string>>;
type Env = Readonly<Record<string, string>>;

function load(files: Files = {}, env: Env = {}, flags: ConfigFlags = {}): LoadedConfig {
  return loadConfig(
    { env, home: hostPath('/home/u'), cwd: hostPath('/work'), readText: (path) => files[path] },
    flags,
  );
}

function settingsOf(...input: Parameters<typeof load>) {
  return load(...input).config.settings;
}

test('without any source the defaults hold', () => {
  const { config, warnings } = load();
  expect(warnings).toEqual([]);
  expect(config.sources).toEqual([]);
  expect(config.verbosity).toBe(3);
  expect(config.layout).toEqual({
    top: hostPath('/home/u/.udocker'),
    bin: hostPath('/home/u/.udocker/bin'),
    lib: hostPath('/home/u/.udocker/lib'),
    doc: hostPath('/home/u/.udocker/doc'),
    repos: hostPath('/home/u/.udocker/repos'),
    layers: hostPath('/home/u/.udocker/layers'),
    containers: hostPath('/home/u/.udocker/containers'),
    keystore: hostPath('/home/u/.udocker/keystore'),
  });
  expect(config.settings.tmpdir).toBe('/tmp');
  expect(config.network.connectTimeoutMs).toBe(6000);
});

test('each source is stronger than the one before', () => {
  const etc = '/etc/udocker.conf';
  const own = '/home/u/.udocker/udocker.conf';
  const top = '/data/udocker.conf';
  const given = '/work/my.conf';
  const all: Files = {
    [etc]: 'timeout = 1\ntopdir = /data',
    [own]: 'timeout = 2',
    [top]: 'timeout = 3\nverbose_level = 2',
    [given]: 'timeout = 4\nverbose_level = 1',
  };
  const { [own]: _own, [top]: _top, ...onlyEtc } = all;
  const { [top]: _top2, ...noTop } = all;
  expect(settingsOf(onlyEtc).timeout).toBe(1);
  expect(settingsOf(noTop).timeout).toBe(2);
  expect(settingsOf(all).timeout).toBe(3);
  expect(settingsOf(all, {}, { configFile: 'my.conf' }).timeout).toBe(4);
  const withEnv = load(all, { UDOCKER_LOGLEVEL: '4' }, { configFile: 'my.conf' }).config;
  expect(withEnv.verbosity).toBe(4);
  expect(load(all, { UDOCKER_LOGLEVEL: '4' }, { verbosity: 5 }).config.verbosity).toBe(5);
  expect<readonly string[]>(withEnv.sources).toEqual([etc, own, given, top]);
});

test('the repository: option before variable before files; relative paths from the working directory', () => {
  const files = { '/etc/udocker.conf': 'topdir = ~/etc' };
  const top = (env: Env, flags: ConfigFlags) => load(files, env, flags).config.layout.top as string;
  expect(top({}, {})).toBe('/home/u/etc');
  expect(top({ UDOCKER_DIR: '/env' }, {})).toBe('/env');
  expect(top({ UDOCKER_DIR: '/env' }, { repository: 'flag' })).toBe('/work/flag');
  expect(load(files, {}, { repository: 'flag' }).config.repositoryGiven).toBe(true);
});

test('parts of the repository may be elsewhere', () => {
  const { layout } = load({}, { UDOCKER_LAYERS: '/shared/layers', UDOCKER_KEYSTORE: '/secret/keys' }).config;
  expect<string>(layout.layers).toBe('/shared/layers');
  expect<string>(layout.keystore).toBe('/secret/keys');
  expect<string>(layout.repos).toBe('/home/u/.udocker/repos');
});

test('values are typed', () => {
  const conf = [
    'http_insecure = False',
    'proot_killonexit = False',
    'use_runc_executable = /opt/crun',
    'sysdirs_list = ("/dev", "/proc")',
    'cmd = ["sh", "-l"]',
    'default_execution_modes = {"x86_64": "r1"}',
    'docker_registries = {"a.b": ["https://r", "https://i"], "c.d": ["http://r2"]}',
    'http_proxy = "socks5://u:p@h:1"',
    "fakechroot_so = 'lib.so'",
  ].join('\n');
  const { config } = load({ '/etc/udocker.conf': conf });
  expect(config.network.insecure).toBe(false);
  expect(config.run.killOnExit).toBe(false);
  expect(config.run.programs).toEqual({ runc: '/opt/crun' });
  expect(config.run.sysDirs).toEqual(['/dev', '/proc']);
  expect(config.settings.cmd).toEqual(['sh', '-l']);
  expect(config.run.modesByCpu).toEqual({ x86_64: 'R1' });
  expect(config.network.registries).toEqual({ 'a.b': ['https://r', 'https://i'], 'c.d': ['http://r2'] });
  expect(config.network.proxy).toBe('socks5://u:p@h:1');
  expect(config.settings.fakechroot_so).toBe('lib.so');
});

describe('a bad value names file, line and key', () => {
  test.each([
    ['timeout = soon', 'timeout: expected a whole number, at least 1, not soon'],
    ['timeout = 0', 'timeout: expected a whole number, at least 1, not 0'],
    ['verbose_level = 9', 'verbose_level: expected a whole number from 0 to 5, not 9'],
    ['http_insecure = maybe', 'http_insecure: expected True or False, not maybe'],
    ['http_insecure =', 'http_insecure: expected True or False, not nothing'],
    ['cmd = bash', 'cmd: expected a quoted text, a number, True, False or None, but there is "bash"'],
    ['cmd = [1]', 'cmd: expected a list of texts, such as ["/dev", "/proc"], not [1]'],
    ['http_proxy = gopher://x', 'http_proxy: expected a proxy URL'],
    ['dockerio_registry_url = ftp://x', 'dockerio_registry_url: expected a registry'],
    ['default_execution_modes = {"x86_64": "Z9"}', 'default_execution_modes: expected one of N1'],
    ['fakechroot_expand_symlinks = 2', 'fakechroot_expand_symlinks: expected True, False or None, not 2'],
  ])('%s', (line, message) => {
    expect(() => load({ '/etc/udocker.conf': `\n${line}` })).toThrow(
      `reading /etc/udocker.conf, line 2: ${message}`,
    );
  });

  test('or the variable', () => {
    expect(() => load({}, { UDOCKER_LOGLEVEL: 'loud' })).toThrow(
      'reading the environment: UDOCKER_LOGLEVEL: expected a whole number from 0 to 5, not loud',
    );
  });

  test('and does not repeat the password of a proxy', () => {
    expect(() => load({ '/etc/udocker.conf': 'http_proxy = gopher://me:secret@h' })).toThrow(/\/\/\*\*\*@h/);
  });
});

test('an empty variable is as good as none', () => {
  expect(settingsOf({}, { UDOCKER_LOGLEVEL: '', UDOCKER_DIR: '' }).verbose_level).toBe(3);
});

test('unknown keys, sections and misspelt variables are warnings', () => {
  const files = { '/etc/udocker.conf': 'timeuot = 3\nfoo_bar = 1\n[curl]\nx = 1' };
  expect(load(files, { UDOCKER_REGISTY: 'x', UDOCKER_EXEC: 'y' }).warnings).toEqual([
    '/etc/udocker.conf, line 3: the section [curl] is not used, only [DEFAULT] is',
    '/etc/udocker.conf, line 1: there is no setting timeuot; did you mean timeout?',
    '/etc/udocker.conf, line 2: there is no setting foo_bar',
    'the variable UDOCKER_REGISTY is not used; did you mean UDOCKER_REGISTRY?',
  ]);
});

test('the file of --config must exist', () => {
  try {
    load({}, {}, { configFile: 'none.conf' });
    throw new Error('it was accepted');
  } catch (error) {
    expect(isUdockerError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('there is no file /work/none.conf');
  }
});

test('the result is frozen through and through', () => {
  const { config } = load();
  expect(Object.isFrozen(config.settings)).toBe(true);
  expect(Object.isFrozen(config.run.sysDirs)).toBe(true);
  expect(() => (config.run.sysDirs as string[]).push('x')).toThrow();
});

test('every setting takes its own default back', () => {
  const initial = load().config.settings;
  for (const key of settingKeys) {
    expect({ key, type: typeof settings[key].type.expects }).toEqual({ key, type: 'string' });
    expect(initial).toHaveProperty(key);
  }
});

test('variables are named once', () => {
  const names = settingKeys.flatMap((key) => settings[key].env ?? []);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toHaveLength(23);
});
