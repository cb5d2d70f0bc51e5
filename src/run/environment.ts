/**
 * The environment of the process, and nothing else: weakest first, defaults, image, host (`--hostenv`),
 * `--env-file`, `-e`.
 */
import type { EnvEntry } from './parse-env.ts';
import type { RunContainer, RunRequest } from './request.ts';
import type { Env, User } from './run-spec.ts';

/** Where programs are looked for when nothing says otherwise (Docker's default). */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Host variables that describe the host's session; inside they would be wrong, so `--hostenv` leaves them. */
const hostOnly = new Set(
  'PATH HOME USER USERNAME LOGNAME SHELL PWD OLDPWD SHLVL _ PS1 MAIL TMPDIR TERMINFO VTE_VERSION HOSTNAME'.split(
    ' ',
  ),
);

export interface EnvironmentFacts {
  readonly hostEnv: Env;
  readonly hostUser: string;
  readonly user: User;
  readonly container: RunContainer;
  /** `NAME=value` words of the image. */
  readonly imageEnv: readonly string[];
}

/** Builds the environment. HOME, USER, LOGNAME follow the user unless something stronger sets them. */
export function makeEnvironment(request: RunRequest, facts: EnvironmentFacts): Env {
  const env = new Map(Object.entries(defaults(facts)));
  for (const word of facts.imageEnv) {
    const at = word.indexOf('=');
    if (at > 0) env.set(word.slice(0, at), word.slice(at + 1));
  }
  if (request.hostEnv) {
    for (const [name, value] of Object.entries(facts.hostEnv)) if (isPortable(name)) env.set(name, value);
  }
  for (const entry of [...request.envFiles.flat(), ...request.env]) apply(env, entry, facts.hostEnv);
  return Object.fromEntries(env);
}

function defaults({ user, container, hostEnv, hostUser }: EnvironmentFacts): Env {
  return {
    PATH: defaultPath,
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    USERNAME: user.name,
    ...(hostEnv.TERM === undefined ? {} : { TERM: hostEnv.TERM }),
    PS1: `${container.id.slice(0, 8)}${user.uid === 0 ? '#' : '\\$'} `,
    SHLVL: '0',
    container_ruser: hostUser,
    container_uuid: container.id,
    container_execmode: container.mode,
    container_names: container.names.join(','),
  };
}

function isPortable(name: string): boolean {
  return !hostOnly.has(name) && !name.startsWith('UDOCKER_') && !name.startsWith('PROOT_');
}

function apply(env: Map<string, string>, entry: EnvEntry, host: Env): void {
  const value = entry.kind === 'set' ? entry.value : host[entry.name];
  if (value === undefined) env.delete(entry.name);
  else env.set(entry.name, value);
}
