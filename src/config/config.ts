/**
 * What the rest of the program is told about configuration: plain values, frozen, made once and handed down.
 * `settings` keeps the names of udocker.conf; the groups beside it are what store, registry and run ask for.
 */
import { type HostPath, hostPath, under } from '../paths.ts';
import type { ModeName, Settings } from './settings.ts';

export interface Config {
  readonly settings: Settings;
  /** 0 errors, 1 results, 2 warnings, 3 progress (the default), 4 more, 5 debugging. */
  readonly verbosity: number;
  readonly layout: RepositoryLayout;
  readonly network: NetworkConfig;
  readonly run: RunConfig;
  /** The files that were read, in order. */
  readonly sources: readonly HostPath[];
  /** True when the user named the repository (`--repo`): then it is not made on the fly. */
  readonly repositoryGiven: boolean;
}

/** Where the parts of a repository are. */
export interface RepositoryLayout {
  readonly top: HostPath;
  readonly bin: HostPath;
  readonly lib: HostPath;
  readonly doc: HostPath;
  readonly repos: HostPath;
  readonly layers: HostPath;
  readonly containers: HostPath;
  readonly keystore: HostPath;
}

export interface NetworkConfig {
  /** Registry and index of images without a host: a URL, or a bare host; no slash at the end. */
  readonly defaultRegistry: string;
  readonly defaultIndex: string;
  /** Host as written in references -> URLs of registry and, perhaps, index. */
  readonly registries: Readonly<Record<string, readonly [registry: string, index?: string]>>;
  /** Empty for none: the environment's proxies then apply. */
  readonly proxy: string;
  readonly insecure: boolean;
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly totalTimeoutMs: number;
  /** Empty for the program's own. */
  readonly userAgent: string;
}

/** What `run` needs to know besides its command line. Paths of lists are the host's. */
export interface RunConfig {
  /** What the user set, for every container that has no mode of its own; undefined for automatic choice. */
  readonly mode: ModeName | undefined;
  /** The same, by CPU as the first udocker names them: x86_64 x86 arm64 arm ppc64le, DEFAULT. */
  readonly modesByCpu: Readonly<Record<string, ModeName | undefined>>;
  readonly sysDirs: readonly string[];
  readonly driDirs: readonly string[];
  readonly killOnExit: boolean;
  /** `UDOCKER` for the repository's only, a path or name for that program; absent: whatever is found. */
  readonly programs: Readonly<Partial<Record<'proot' | 'runc' | 'singularity', string>>>;
  readonly temporaryDirectory: HostPath;
}

export interface ConfigFacts {
  readonly settings: Settings;
  /** Relative paths are taken from here. */
  readonly cwd: HostPath;
  readonly home: HostPath;
  readonly sources: readonly HostPath[];
  readonly repositoryGiven: boolean;
}

/** Groups the settings and freezes the whole. */
export function makeConfig(facts: ConfigFacts): Config {
  const { settings } = facts;
  const path = (text: string): HostPath => expandPath(text, facts.home, facts.cwd);
  const config: Config = {
    settings,
    verbosity: settings.verbose_level,
    layout: layoutOf(settings, path),
    network: networkOf(settings),
    run: runOf(settings, path),
    sources: facts.sources,
    repositoryGiven: facts.repositoryGiven,
  };
  return deepFreeze(config);
}

/** A host path as people write it: `~/x`, relative to `cwd`, or absolute. */
export function expandPath(text: string, home: HostPath, cwd: HostPath): HostPath {
  if (text === '~') return home;
  return text.startsWith('~/') ? under(home, text.slice(2)) : hostPath(text, cwd);
}

function layoutOf(settings: Settings, path: (text: string) => HostPath): RepositoryLayout {
  const top = path(settings.topdir ?? '~/.udocker');
  const part = (own: string | undefined, name: string): HostPath =>
    own === undefined ? under(top, name) : path(own);
  return {
    top,
    bin: part(settings.bindir, 'bin'),
    lib: part(settings.libdir, 'lib'),
    doc: part(settings.docdir, 'doc'),
    repos: part(settings.reposdir, 'repos'),
    layers: part(settings.layersdir, 'layers'),
    containers: part(settings.containersdir, 'containers'),
    keystore: hostPath(settings.keystore, top),
  };
}

function networkOf(settings: Settings): NetworkConfig {
  return {
    defaultRegistry: settings.dockerio_registry_url,
    defaultIndex: settings.dockerio_index_url,
    registries: registryTable(settings),
    proxy: settings.http_proxy,
    insecure: settings.http_insecure,
    connectTimeoutMs: settings.ctimeout * 1000,
    readTimeoutMs: settings.timeout * 1000,
    totalTimeoutMs: settings.download_timeout * 1000,
    userAgent: settings.http_agent,
  };
}

function registryTable(settings: Settings): NetworkConfig['registries'] {
  const table: Record<string, readonly [registry: string, index?: string]> = {};
  for (const [host, [registry, index]] of Object.entries(settings.docker_registries)) {
    if (registry !== undefined) table[host] = index === undefined ? [registry] : [registry, index];
  }
  return table;
}

function runOf(settings: Settings, path: (text: string) => HostPath): RunConfig {
  const programs = {
    proot: settings.use_proot_executable,
    runc: settings.use_runc_executable,
    singularity: settings.use_singularity_executable,
  };
  return {
    mode: settings.override_default_execution_mode,
    modesByCpu: settings.default_execution_modes,
    sysDirs: settings.sysdirs_list,
    driDirs: settings.dri_list,
    killOnExit: settings.proot_killonexit,
    programs: Object.fromEntries(Object.entries(programs).filter(([, program]) => program !== '')),
    temporaryDirectory: path(settings.tmpdir ?? '/tmp'),
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
