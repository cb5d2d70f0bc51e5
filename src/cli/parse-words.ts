/**
 * The grammar of options: words in, options and positionals out. `--opt=value`, `--opt value`, `-o=value`,
 * `-o value`, `-ovalue`, joined flags (`-it`), `--` ends options. Knows nothing of commands but their options.
 *
 * Why our own: node's parseArgs and the npm parsers take `-v=/a` for the value "=/a" or refuse it, and cannot
 * stop at the first positional while keeping empty words.
 */
import { nearestWord } from '../config/nearest-word.ts';
import { UdockerError } from '../errors.ts';
import { type Option, optionNames } from './command.ts';

export interface ParsedWords {
  /** In order of appearance. */
  readonly given: readonly GivenOption[];
  readonly positionals: readonly string[];
}

export interface GivenOption {
  readonly key: string;
  /** As the user wrote it, for messages: `--volume`, `-v`. */
  readonly written: string;
  /** True or false for a flag. */
  readonly value: string | boolean;
}

type Options = Readonly<Record<string, Option>>;

export interface Grammar {
  readonly options: Options;
  /** The first positional ends options, and everything after it is kept as it is. */
  readonly stopAtPositional: boolean;
  /** Options that have their place elsewhere, and where that is. */
  readonly elsewhere?: { readonly options: Options; readonly place: string };
}

/** Splits `words`. Throws USAGE for an option that is unknown, lacks a value or has one too many. */
export function parseWords(words: readonly string[], grammar: Grammar): ParsedWords {
  const names = new Names(grammar);
  const given: GivenOption[] = [];
  const positionals: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') return { given, positionals: [...positionals, ...queue] };
    if (word.startsWith('--')) given.push(longOption(word, names, queue));
    else if (word.startsWith('-') && word !== '-') given.push(...shortOptions(word, names, queue));
    else if (grammar.stopAtPositional) return { given, positionals: [word, ...queue] };
    else positionals.push(word);
  }
  return { given, positionals };
}

interface Named {
  readonly key: string;
  readonly option: Option;
}

/** The names of options; tables of them are made when the first option is met, which often never happens. */
class Names {
  #here: ReadonlyMap<string, Named> | undefined;
  constructor(private readonly grammar: Grammar) {}

  get here(): ReadonlyMap<string, Named> {
    this.#here ??= nameTable(this.grammar.options);
    return this.#here;
  }

  /** The place where `written` belongs, if that is not here. */
  placeOf(written: string): string | undefined {
    const { elsewhere } = this.grammar;
    return elsewhere !== undefined && nameTable(elsewhere.options).has(written) ? elsewhere.place : undefined;
  }
}

function nameTable(options: Options): ReadonlyMap<string, Named> {
  const table = new Map<string, Named>();
  for (const [key, option] of Object.entries(options)) {
    for (const name of optionNames(key, option)) table.set(name, { key, option });
  }
  return table;
}

function longOption(word: string, names: Names, queue: string[]): GivenOption {
  const equals = word.indexOf('=');
  const written = equals < 0 ? word : word.slice(0, equals);
  const { key, option } = lookUp(written, names);
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  const value =
    option.kind === 'flag' ? flagValue(written, attached) : (attached ?? nextWord(written, option, queue));
  return { key, written, value };
}

/** `-v=x`, `-vx`, `-v x`, and flags joined: only the last of a group can take a value. */
function shortOptions(word: string, names: Names, queue: string[]): GivenOption[] {
  const given: GivenOption[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const written = `-${word[at]}`;
    const { key, option } = lookUp(written, names, word);
    const rest = word.slice(at + 1);
    const attached = rest.startsWith('=') ? rest.slice(1) : undefined;
    if (option.kind !== 'flag') {
      const value = attached ?? (rest === '' ? nextWord(written, option, queue) : rest);
      return [...given, { key, written, value }];
    }
    given.push({ key, written, value: flagValue(written, attached) });
    if (attached !== undefined) return given;
  }
  return given;
}

function lookUp(written: string, names: Names, word = written): Named {
  const found = names.here.get(written);
  if (found !== undefined) return found;
  const within = word === written ? '' : ` (in ${word})`;
  const hint = hintFor(written, names);
  throw new UdockerError('USAGE', `unknown option: ${written}${within}`, hint === undefined ? {} : { hint });
}

function hintFor(written: string, names: Names): string | undefined {
  const place = names.placeOf(written);
  if (place !== undefined) return `${written} has its place ${place}`;
  const long = [...names.here.keys()].filter((name) => name.startsWith('--'));
  const meant = written.startsWith('--') ? nearestWord(written, long) : undefined;
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

function flagValue(written: string, attached: string | undefined): boolean {
  if (attached === undefined || attached === 'true') return true;
  if (attached === 'false') return false;
  throw new UdockerError('USAGE', `the option ${written} takes no value, or true or false, not: ${attached}`);
}

/** A following word that looks like an option is more often a forgotten value than a value. */
function nextWord(written: string, option: Exclude<Option, { kind: 'flag' }>, queue: string[]): string {
  const next = queue[0];
  if (next === undefined) {
    throw new UdockerError('USAGE', `the option ${written} needs a value`, {
      hint: `write ${written}=${option.value}`,
    });
  }
  if (next.startsWith('-') && next !== '-') {
    throw new UdockerError('USAGE', `the option ${written} needs a value, but ${next} follows`, {
      hint: `if ${next} is the value, write ${written}=${next}`,
    });
  }
  queue.shift();
  return next;
}
