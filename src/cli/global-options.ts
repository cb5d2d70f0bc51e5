/** Options of the program itself. They stand before the command. */
import { UdockerError } from '../errors.ts';
import { asText, flag, type Option, option } from './command.ts';
import { type GivenOption, parseWords } from './parse-words.ts';

export const globalOptions = {
  debug: flag('say everything, with causes and stacks of errors', { short: 'D' }),
  quiet: flag('say less: no progress, no warnings, no headings', { short: 'q' }),
  insecure: flag('accept certificates that cannot be verified, and plain http registries'),
  repo: option('DIR', asText, 'use the repository in this directory'),
  config: option('FILE', asText, 'read this configuration file too'),
  allowRoot: flag('run as root although it is not needed and not wise'),
  help: flag('show this help', { short: 'h' }),
  version: flag('show the version', { short: 'V' }),
} satisfies Readonly<Record<string, Option>>;

export interface GlobalInput {
  readonly debug: boolean;
  readonly quiet: boolean;
  readonly insecure: boolean;
  readonly repo: string | undefined;
  readonly config: string | undefined;
  readonly allowRoot: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

export interface ProgramWords {
  readonly global: GlobalInput;
  /** The command's name and what follows it; empty when there is none. */
  readonly rest: readonly string[];
}

/** Takes the global options off the front of `words` (argv without program). Throws USAGE. */
export function parseGlobal(words: readonly string[]): ProgramWords {
  const { given, positionals } = parseWords(words, { options: globalOptions, stopAtPositional: true });
  const flagOf = (key: string): boolean => last(given, key)?.value === true;
  const textOf = (key: string): string | undefined => {
    const found = last(given, key);
    if (found?.value === '') throw new UdockerError('USAGE', `the option ${found.written} needs a value`);
    return typeof found?.value === 'string' ? found.value : undefined;
  };
  return {
    global: {
      debug: flagOf('debug'),
      quiet: flagOf('quiet'),
      insecure: flagOf('insecure'),
      repo: textOf('repo'),
      config: textOf('config'),
      allowRoot: flagOf('allowRoot'),
      help: flagOf('help'),
      version: flagOf('version'),
    },
    rest: positionals,
  };
}

function last(given: readonly GivenOption[], key: string): GivenOption | undefined {
  return given.findLast((one) => one.key === key);
}
