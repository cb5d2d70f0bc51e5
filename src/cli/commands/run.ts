/** `udocker run`: everything after the container or image belongs to the command, empty words included. */
import { UdockerError } from '../../errors.ts';
import { parseCpuList } from '../../run/parse-cpus.ts';
import { parseDevice } from '../../run/parse-device.ts';
import { parseEnvAssignment } from '../../run/parse-env.ts';
import { parsePublish } from '../../run/parse-publish.ts';
import { parseUser } from '../../run/parse-user.ts';
import { parseVolume } from '../../run/parse-volume.ts';
import { any, asText, command, flag, list, option, optional } from '../command.ts';
import { oneOf, parseMode, parseName } from '../parsers.ts';
import { platformOption, registryOptions } from './registry-options.ts';

/** Docker's options for which there is nothing to do here; callers written for Docker send them. */
const ignoredOptions = {
  volumesFrom: list('CONTAINER', asText, 'mount the volumes of another container', {
    ignored: 'containers have no volumes of their own; use --volume',
  }),
  dns: list('ADDRESS', asText, 'name servers', { ignored: "containers use the host's network as it is" }),
  dnsSearch: list('DOMAIN', asText, 'search domains', {
    ignored: "containers use the host's network as it is",
  }),
  gpus: option('GPUS', asText, "the host's devices are visible as they are", { compatible: true }),
  shmSize: option('BYTES', asText, "/dev/shm is the host's, with the size it has", { compatible: true }),
  interactive: flag('the standard input is always connected', { short: 'i', compatible: true }),
  tty: flag('the terminal, if there is one, is always connected', { short: 't', compatible: true }),
  attach: flag('input and outputs are always connected', { short: 'a', compatible: true }),
} as const;

export const run = command({
  name: 'run',
  group: 'Containers',
  summary: 'Run a command in a container',
  details:
    'With an image a new container is made first, and the image is pulled if needed; the container stays unless ' +
    '--rm is given. Without a command, the one that the image names is run. The exit status is that of the ' +
    'command; 128 + n if signal n ended it; 127 or 126 if it is missing or not executable; 125 if udocker failed ' +
    'before it started.\n' +
    'With --location=DIR no container is named: the words are the command.',
  positionals: { target: optional('CONTAINER|IMAGE', asText), command: any('COMMAND', asText) },
  stopAtPositional: true,
  startsContainer: true,
  options: {
    volume: list('HOST[:GUEST[:ro]]', parseVolume, 'show a file or directory of the host in the container', {
      short: 'v',
    }),
    novol: list('PATH', parseName, 'do not show this path of the host, which is shown by default'),
    env: list('NAME[=VALUE]', parseEnvAssignment, "set a variable, or pass the host's", { short: 'e' }),
    envFile: list('FILE', parseName, 'set variables from a file, one per line'),
    hostenv: flag('pass all variables of the host'),
    workdir: option('DIR', parseName, 'start in this directory of the container', { short: 'w' }),
    user: option('USER[:GROUP]', parseUser, 'run as this user, by name or number', { short: 'u' }),
    entrypoint: option('COMMAND', asText, "replace the image's entrypoint; empty for none"),
    hostname: option('NAME', parseName, 'host name that the container sees', { short: 'h' }),
    publish: list('HOST:GUEST', parsePublish, 'make a port of the container another port of the host', {
      short: 'p',
    }),
    publishAll: flag('make all ports of the container free ports of the host', {
      short: 'P',
      aliases: ['netcoop'],
    }),
    device: list('PATH', parseDevice, 'show a device of the host in the container'),
    cpusetCpus: option('LIST', parseCpuList, 'run on these CPUs only, such as 0,2-3'),
    kernel: option('RELEASE', parseName, 'kernel release that the container sees'),
    hostauth: flag("show the host's users and groups in the container"),
    containerauth: flag("use the container's users and groups as they are"),
    bindhome: flag('show the home directory in the container'),
    nosysdirs: flag('show none of /dev /proc /sys and the like'),
    dri: flag("show the host's libraries for direct rendering"),
    nometa: flag("ignore the image's settings (command, variables, user, ...)"),
    name: option('NAME', parseName, 'name for the new container, or one more for the existing one'),
    rm: flag('delete the container afterwards'),
    pull: option(
      'WHEN',
      oneOf('missing', 'never', 'always', 'reuse'),
      'missing, never, always or reuse; reuse: run the container of --name if there is one',
    ),
    location: option('DIR', parseName, 'run this tree instead of a container of the repository'),
    nobanner: flag('do not announce the start'),
    execmode: option('MODE', parseMode, 'execution mode of this run: N1 N2 P1 P2 R1 R2 R3 ...'),
    dryRun: flag('print what would be run, and do not run it'),
    platform: platformOption,
    ...registryOptions,
    ...ignoredOptions,
  },
  examples: [
    'udocker run box echo hello',
    'udocker run --rm -v $HOME/data:/data:ro -w /data debian:12 ls -l',
    'udocker run -it --user=1000:1000 box /bin/sh',
    'udocker run --entrypoint="" box /bin/sh -c "echo $HOSTNAME"',
    'udocker run --name=box --pull=reuse busybox:latest',
  ],
  run: async (input, context) => {
    const { target, location, command: rest } = input;
    if (target === undefined && location === undefined) {
      throw new UdockerError('USAGE', 'run: CONTAINER|IMAGE is missing');
    }
    if (target === '' && location === undefined)
      throw new UdockerError('USAGE', 'run: CONTAINER|IMAGE is empty');
    const words = location === undefined || target === undefined ? rest : [target, ...rest];
    const { runImage } = await import('../../actions/run-image.ts');
    const outcome = await runImage(context, {
      where:
        location === undefined
          ? { kind: 'name', name: target ?? '' }
          : { kind: 'location', directory: location },
      name: input.name,
      pull: input.pull ?? 'missing',
      source: {
        platform: input.platform,
        registry: input.registry,
        index: input.index,
        httpproxy: input.httpproxy,
      },
      remove: input.rm,
      banner: !input.nobanner,
      dryRun: input.dryRun,
      mode: input.execmode,
      envFiles: input.envFile,
      request: {
        command: words,
        env: input.env,
        hostEnv: input.hostenv,
        volumes: input.volume,
        novol: input.novol,
        noSysDirs: input.nosysdirs,
        noMeta: input.nometa,
        hostAuth: input.hostauth,
        containerAuth: input.containerauth,
        bindHome: input.bindhome,
        dri: input.dri,
        devices: input.device,
        publish: input.publish.flat(),
        publishAll: input.publishAll,
        ...(input.entrypoint === undefined ? {} : { entrypoint: input.entrypoint }),
        ...(input.user === undefined ? {} : { user: input.user }),
        ...(input.workdir === undefined ? {} : { workdir: input.workdir }),
        ...(input.cpusetCpus === undefined ? {} : { cpus: input.cpusetCpus }),
        ...(input.kernel === undefined ? {} : { kernel: input.kernel }),
        ...(input.hostname === undefined ? {} : { hostname: input.hostname }),
        ...(input.gpus === undefined ? {} : { gpus: input.gpus }),
        ...(input.shmSize === undefined ? {} : { shmSize: input.shmSize }),
      },
    });
    if (outcome.kind === 'exited') return outcome.status;
    context.console.print(outcome.text);
    return 0;
  },
});
