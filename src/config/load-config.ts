/**
 * Brings the sources together, each stronger than the one before: defaults, /etc/udocker.conf,
 * HOMEDIR/udocker.conf, TOPDIR/udocker.conf, the file of --config, the environment, the command line.
 * HOMEDIR and TOPDIR may themselves be set by an earlier source.
 */
import { isUdockerError, UdockerError } from '../errors.ts';
import { type HostPath, hostPath, under } from '../paths.ts';
import { type Config, expandPath, makeConfig } from './config.ts';
import { parseIni } from './ini.ts';
import { nearestWord } from './nearest-word.ts';
import { isSettingKey, type SettingKey, type Settings, settingKeys, settings } from './settings.ts';

/** What the loader is told about the process; files are read through it. */
export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: HostPath;
  readonly cwd: HostPath;
  /** The text of a file, undefined when there is none. */
  readonly readText: (path: HostPath) => string | undefined;
  /** `/etc`, or another place in tests. */
  readonly systemDirectory?: HostPath;
}

/** Global options that are settings. */
export interface ConfigFlags {
  readonly configFile?: string;
  readonly repository?: string;
  readonly insecure?: boolean;
  readonly verbosity?: number;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
}

type Values = { readonly [K in SettingKey]?: Settings[K] };

/**
 * Reads every source and checks every value. Unknown keys are warnings. Throws INVALID, naming file, line and
 * key (or the variable), for a value of the wrong type; NOT_FOUND when the file of --config does not exist;
 * STORAGE when a file cannot be read.
 */
export function loadConfig(sources: ConfigSources, flags: ConfigFlags = {}): LoadedConfig {
  const reader = new FileReader(sources);
  const system = reader.read(under(sources.systemDirectory ?? hostPath('/etc'), settings.config.initial));
  const expand = (text: string): HostPath => expandPath(text, sources.home, sources.cwd);
  const homedir = expand(system.homedir ?? '~/.udocker');
  const own = reader.read(under(homedir, settings.config.initial));
  const given = flags.configFile === undefined ? {} : reader.readNamed(expand(flags.configFile));
  const environment = { ...readEnvironment(sources.env), ...flagValues(flags) };
  const topdir = [environment, given, own, system]
    .map((values) => values.topdir)
    .find((dir) => dir !== undefined);
  const top = topdir === undefined ? homedir : expand(topdir);
  const repository = top === homedir ? {} : reader.read(under(top, settings.config.initial));
  const merged = { ...initialValues(), ...system, ...own, ...repository, ...given, ...environment };
  const { tmpdir = sources.env.TMPDIR || '/tmp' } = merged;
  return {
    config: makeConfig({
      settings: { ...merged, homedir, topdir: top, tmpdir },
      cwd: sources.cwd,
      home: sources.home,
      sources: reader.files,
      repositoryGiven: flags.repository !== undefined,
    }),
    warnings: [...reader.warnings, ...unknownVariables(sources.env)],
  };
}

function initialValues(): Settings {
  return Object.fromEntries(settingKeys.map((key) => [key, settings[key].initial])) as Settings;
}

function flagValues(flags: ConfigFlags): Values {
  return {
    ...(flags.repository === undefined ? {} : { topdir: flags.repository }),
    ...(flags.insecure === true ? { http_insecure: true } : {}),
    ...(flags.verbosity === undefined ? {} : { verbose_level: flags.verbosity }),
  };
}

/** An empty variable is as good as none: scripts clear variables this way. */
function readEnvironment(env: ConfigSources['env']): Values {
  const pairs: [SettingKey, unknown][] = [];
  for (const key of settingKeys) {
    const variable = settings[key].env;
    const text = variable === undefined ? undefined : env[variable];
    if (variable !== undefined && text !== undefined && text !== '') {
      pairs.push([key, parseValue(key, text, `reading the environment: ${variable}`)]);
    }
  }
  return Object.fromEntries(pairs) as Values;
}

const otherVariables: readonly string[] = ['UDOCKER_ALLOW_ROOT'];

/** Variables that look like a misspelt one of ours. Others that start with UDOCKER_ belong to somebody else. */
function unknownVariables(env: ConfigSources['env']): string[] {
  const known = [...settingKeys.flatMap((key) => settings[key].env ?? []), ...otherVariables];
  return Object.keys(env)
    .filter((name) => name.startsWith('UDOCKER_') && !known.includes(name))
    .flatMap((name) => {
      const meant = nearestWord(
        name.slice('UDOCKER_'.length),
        known.map((word) => word.slice('UDOCKER_'.length)),
      );
      return meant === undefined ? [] : [`the variable ${name} is not used; did you mean UDOCKER_${meant}?`];
    });
}

/** Parses one value; `place` says where it was found. Throws INVALID. */
function parseValue<K extends SettingKey>(key: K, text: string, place: string): Settings[K] {
  try {
    return settings[key].type.parse(text) as Settings[K];
  } catch (error) {
    if (!isUdockerError(error, 'INVALID')) throw error;
    throw new UdockerError('INVALID', `${place}: ${error.message}`, { details: { key } });
  }
}

class FileReader {
  readonly files: HostPath[] = [];
  readonly warnings: string[] = [];
  constructor(private readonly sources: ConfigSources) {}

  /** The values of a file that the user named: it must exist. */
  readNamed(path: HostPath): Values {
    const values = this.readIfThere(path);
    if (values !== undefined) return values;
    throw new UdockerError('NOT_FOUND', `reading the configuration: there is no file ${path}`, {
      hint: 'give --config an existing file',
    });
  }

  /** The values of a file that need not exist. */
  read(path: HostPath): Values {
    return this.readIfThere(path) ?? {};
  }

  private readIfThere(path: HostPath): Values | undefined {
    const text = this.readText(path);
    if (text === undefined) return undefined;
    this.files.push(path);
    const file = parseIni(text, path);
    for (const { name, line } of file.otherSections) {
      this.warnings.push(`${path}, line ${line}: the section [${name}] is not used, only [DEFAULT] is`);
    }
    const pairs = file.entries.flatMap(({ key, value, line }) => {
      if (isSettingKey(key))
        return [[key, parseValue(key, value, `reading ${path}, line ${line}: ${key}`)] as const];
      this.warnings.push(unknownKey(path, line, key));
      return [];
    });
    return Object.fromEntries(pairs) as Values;
  }

  private readText(path: HostPath): string | undefined {
    try {
      return this.sources.readText(path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UdockerError('STORAGE', `reading the configuration ${path}: ${why}`, { cause });
    }
  }
}

function unknownKey(path: HostPath, line: number, key: string): string {
  const meant = nearestWord(key, settingKeys);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return `${path}, line ${line}: there is no setting ${key}${hint}`;
}
