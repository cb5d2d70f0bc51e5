/** Help as text, made from the commands themselves. Nothing here prints. */
import { type Command, type CommandGroup, longName, type Option, type Positional } from './command.ts';
import { globalOptions } from './global-options.ts';
import { withHelp } from './interpret.ts';
import { wrapText } from './table.ts';

const width = 100;
const groups: readonly CommandGroup[] = ['Images', 'Containers', 'Registries', 'Setting up', 'Information'];

/** `udocker pull [options] IMAGE`; without a command, that of the program. */
export function usageLine(command: Command | undefined): string {
  if (command === undefined) return 'udocker [global options] COMMAND [options] [arguments]';
  const words = Object.values(command.positionals).map(positionalText);
  const options = Object.keys(command.options).length > 0 ? ['[options]'] : [];
  return ['udocker', command.name, ...options, ...words].join(' ');
}

/** The help of the whole program. */
export function globalHelp(commands: readonly Command[]): string {
  const lines = [
    `Usage: ${usageLine(undefined)}`,
    '',
    ...section('Global options, before the command', globalOptions),
  ];
  for (const group of groups) {
    const members = commands.filter((command) => command.group === group);
    if (members.length === 0) continue;
    lines.push('', `${group}:`, ...columns(members.map((command) => [command.name, command.summary])));
  }
  lines.push('', 'Environment:', ...columns(environment), '', ...start);
  return `${lines.join('\n')}\n`;
}

const environment: readonly (readonly [string, string])[] = [
  ['UDOCKER_ALLOW_ROOT=1', 'the same as --allow-root'],
  ['UDOCKER_DIR=DIR', 'the repository; the same as --repo=DIR, but made when it does not exist'],
  ['UDOCKER_REGISTRY=URL', 'the registry of images without a host'],
  ['UDOCKER_DEFAULT_EXECUTION_MODE=MODE', 'how containers run that have no mode of their own'],
  ['UDOCKER_LOGLEVEL=N', '0 errors, 1 results, 2 warnings, 3 progress, 4 more, 5 debugging'],
];

const start: readonly string[] = [
  'Start here:',
  '  udocker pull busybox:latest',
  '  udocker create --name=box busybox:latest',
  '  udocker run box echo hello',
  '',
  'See udocker help COMMAND, and udocker showconf for every setting.',
];

/** The help of one command: every option of it is here. */
export function commandHelp(command: Command): string {
  const lines = [`Usage: ${usageLine(command)}`, '', `${command.summary}.`];
  if (command.details !== undefined) {
    for (const paragraph of command.details.split('\n')) lines.push('', ...wrapText(paragraph, width));
  }
  const options = Object.entries(withHelp(command));
  const isMoot = (option: Option) => option.ignored !== undefined || option.compatible === true;
  lines.push('', ...section('Options', Object.fromEntries(options.filter(([, option]) => !isMoot(option)))));
  const moot = options.filter(([, option]) => isMoot(option));
  if (moot.length > 0) lines.push('', ...section('Accepted, of no effect', Object.fromEntries(moot)));
  lines.push('', 'Examples:', ...command.examples.map((example) => `  ${example}`));
  return `${lines.join('\n')}\n`;
}

function section(title: string, options: Readonly<Record<string, Option>>): string[] {
  const rows = Object.entries(options).map(
    ([key, option]) => [optionText(key, option), helpOf(option)] as const,
  );
  return [`${title}:`, ...columns(rows)];
}

function helpOf(option: Option): string {
  const repeats = option.kind === 'list' ? ' (repeatable)' : '';
  return `${option.help}${repeats}${option.ignored === undefined ? '' : `: ${option.ignored}`}`;
}

/** `-v, --volume=HOST[:GUEST]`. */
export function optionText(key: string, option: Option): string {
  const names = [longName(key), ...(option.aliases ?? []).map((alias) => `--${alias}`)];
  const value = option.kind === 'flag' ? '' : `=${option.value}`;
  const long = names.map((name) => `${name}${value}`).join(', ');
  return option.short === undefined ? `    ${long}` : `-${option.short}, ${long}`;
}

function positionalText({ kind, value }: Positional<unknown>): string {
  switch (kind) {
    case 'one':
      return value;
    case 'optional':
      return `[${value}]`;
    case 'many':
      return `${value}...`;
    case 'any':
      return `[${value}...]`;
  }
}

/** Two columns; a long first cell gets a line of its own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.min(36, Math.max(...rows.map(([name]) => name.length))) + 2;
  return rows.flatMap(([name, text]) => {
    const lines = wrapText(text, width - left - 2);
    const first = name.length + 2 <= left ? [`  ${name.padEnd(left)}${lines[0] ?? ''}`] : [`  ${name}`];
    const rest = name.length + 2 <= left ? lines.slice(1) : lines;
    return [...first.map((line) => line.trimEnd()), ...rest.map((line) => `  ${' '.repeat(left)}${line}`)];
  });
}
