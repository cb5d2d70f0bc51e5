/** From the words after a command's name to the typed input of its `run`, and to the notes that go with them. */
import { isUdockerError, UdockerError } from '../errors.ts';
import { type Command, longName, type Option, type Positional } from './command.ts';
import { globalOptions } from './global-options.ts';
import { type GivenOption, parseWords } from './parse-words.ts';

export type Interpretation =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'run';
      readonly input: Readonly<Record<string, unknown>>;
      /** Options that were accepted but do nothing, with the reason. */
      readonly notes: readonly string[];
    };

const helpOption: Option = { kind: 'flag', help: 'show this help' };

/** Parses `words` by the command's own definition. Throws USAGE. */
export function interpret(command: Command, words: readonly string[]): Interpretation {
  const options = withHelp(command);
  const { given, positionals } = parseWords(words, {
    options,
    stopAtPositional: command.stopAtPositional === true,
    elsewhere: { options: globalOptions, place: 'before the command' },
  });
  if (given.some(({ key, value }) => key === 'help' && value === true)) return { kind: 'help' };
  const input = {
    ...optionValues(command, given),
    ...positionalValues(command, positionals),
  };
  const used = new Set(given.map(({ key }) => key));
  const notes = Object.entries(command.options).flatMap(([key, { ignored }]) =>
    ignored !== undefined && used.has(key) ? [`${longName(key)} has no effect: ${ignored}`] : [],
  );
  return { kind: 'run', input, notes };
}

/** The options of a command and `--help`; `-h` too where the command has no other use for it. */
export function withHelp(command: Command): Readonly<Record<string, Option>> {
  const taken = Object.values(command.options).some(({ short }) => short === 'h');
  return { ...command.options, help: taken ? helpOption : { ...helpOption, short: 'h' } };
}

function optionValues(command: Command, given: readonly GivenOption[]): Record<string, unknown> {
  const entries = Object.entries(command.options).map(([key, option]) => {
    const mine = given.filter((one) => one.key === key);
    return [key, optionValue(option, mine)] as const;
  });
  return Object.fromEntries(entries);
}

function optionValue(option: Option, given: readonly GivenOption[]): unknown {
  const last = given.at(-1);
  switch (option.kind) {
    case 'flag':
      return last?.value === true;
    case 'list':
      return given.map((one) => parsed(option.parse, one));
    case 'value':
      return last === undefined ? undefined : parsed(option.parse, last);
  }
}

function parsed<T>(parse: (text: string) => T, { written, value }: GivenOption): T {
  try {
    return parse(String(value));
  } catch (error) {
    if (!isUdockerError(error, 'USAGE')) throw error;
    throw new UdockerError('USAGE', `${written}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

function positionalValues(command: Command, words: readonly string[]): Record<string, unknown> {
  const left = [...words];
  const values = Object.entries(command.positionals).map(([key, positional]) => {
    return [key, positionalValue(command, positional, left)] as const;
  });
  if (left.length > 0) {
    throw new UdockerError('USAGE', `${command.name}: too many arguments: ${left.map(shown).join(' ')}`);
  }
  return Object.fromEntries(values);
}

/** Takes from `left` what belongs to this positional. */
function positionalValue(command: Command, positional: Positional<unknown>, left: string[]): unknown {
  const { kind, value, parse } = positional;
  if ((kind === 'one' || kind === 'many') && left.length === 0) {
    throw new UdockerError('USAGE', `${command.name}: ${value} is missing`);
  }
  if (kind === 'many' || kind === 'any') return left.splice(0).map((word) => parse(word));
  const word = left.shift();
  return word === undefined ? undefined : parse(word);
}

function shown(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word);
}
