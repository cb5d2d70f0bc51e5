/**
 * The kinds of value a setting can have. Each turns the text of a file or of a variable into a value, or throws
 * INVALID with what it expected; who knows file, line and key adds them.
 */
import { UdockerError } from '../errors.ts';
import { isList, type Literal, parseLiteral } from './literal.ts';

export interface SettingType<T extends Literal> {
  /** What a value must be, for messages and the manual. */
  readonly expects: string;
  readonly parse: (text: string) => T;
}

/** A text, quoted or not; `None` is the empty text. */
export const text: SettingType<string> = {
  expects: 'a text',
  parse: (raw) => unquoted(raw) ?? '',
};

/** A text; `None` and nothing are undefined. */
export const optionalText: SettingType<string | undefined> = {
  expects: 'a text or None',
  parse: (raw) => unquoted(raw) || undefined,
};

/** A yes or a no, in any of the ways people write it. */
export const boolean: SettingType<boolean> = {
  expects: 'True or False',
  parse: (raw) => {
    const value = booleanWords.get((unquoted(raw) ?? '').toLowerCase());
    if (value === undefined) throw unexpected('True or False', raw);
    return value;
  },
};

/** A yes, a no, or undefined: decide at run time. */
export const optionalBoolean: SettingType<boolean | undefined> = {
  expects: 'True, False or None',
  parse: (raw) => {
    const word = unquoted(raw)?.toLowerCase() ?? '';
    if (word === '' || word === 'none') return undefined;
    const value = booleanWords.get(word);
    if (value === undefined) throw unexpected('True, False or None', raw);
    return value;
  },
};

/** A whole number from `least` to `most`. */
export function integer(least: number, most: number): SettingType<number> {
  const expects =
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number, at least ${least}`
      : `a whole number from ${least} to ${most}`;
  const parse = (raw: string): number => {
    const word = unquoted(raw) ?? '';
    const value = /^[+-]?\d+$/.test(word) ? Number(word) : Number.NaN;
    if (!(value >= least && value <= most)) throw unexpected(expects, raw);
    return value;
  };
  return { expects, parse };
}

/** A list or tuple of texts. */
export const words: SettingType<readonly string[]> = {
  expects: 'a list of texts, such as ["/dev", "/proc"]',
  parse: (raw) => wordList(parseLiteral(raw), raw, words.expects),
};

/** A list of lists of texts. */
export const wordLists: SettingType<readonly (readonly string[])[]> = {
  expects: 'a list of lists of texts, such as (["taskset", "-c", "%s"],)',
  parse: (raw) => {
    const value = parseLiteral(raw);
    if (!isList(value)) throw unexpected(wordLists.expects, raw);
    return value.map((item) => wordList(item, raw, wordLists.expects));
  },
};

/** A dictionary from text to list of texts. */
export const wordTable: SettingType<{ readonly [key: string]: readonly string[] }> = {
  expects: 'a dictionary of lists, such as {"host.tld": ["https://registry.host.tld"]}',
  parse: (raw) => {
    const pairs = dictionary(raw, wordTable.expects);
    return Object.fromEntries(pairs.map(([key, item]) => [key, wordList(item, raw, wordTable.expects)]));
  },
};

/** One of `known`, in any case; the empty text (or None) is undefined. */
export function choice<T extends string>(known: readonly T[]): SettingType<T | undefined> {
  const expects = `one of ${known.join(' ')}, or nothing`;
  const parse = (raw: string): T | undefined => {
    const word = unquoted(raw) ?? '';
    if (word === '') return undefined;
    const found = known.find((name) => name.toLowerCase() === word.toLowerCase());
    if (found === undefined) throw unexpected(expects, raw);
    return found;
  };
  return { expects, parse };
}

/** A dictionary from text to one of the values of `type`. */
export function table<T extends Literal>(type: SettingType<T>): SettingType<{ readonly [key: string]: T }> {
  const expects = `a dictionary whose values are each ${type.expects}`;
  const parse = (raw: string): { readonly [key: string]: T } => {
    const pairs = dictionary(raw, expects).map(([key, item]) => {
      if (typeof item !== 'string') throw unexpected(expects, raw);
      return [key, type.parse(item)] as const;
    });
    return Object.fromEntries(pairs);
  };
  return { expects, parse };
}

/**
 * An http or https URL, or a bare `host[:port][/path]`; kept as written but for slashes at the end, because a
 * host without a scheme may be tried with either.
 */
export const httpUrl: SettingType<string> = {
  expects: 'a registry: https://host, http://host:port or host:port',
  parse: (raw) => {
    const word = unquoted(raw) ?? '';
    const url = word.includes('://') ? word : `https://${word}`;
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw unexpected(httpUrl.expects, raw);
    return word.replace(/\/+$/, '');
  },
};

/** `scheme://[user:password@]host[:port]` of a proxy; empty for none. */
export const proxyUrl: SettingType<string> = {
  expects: 'a proxy URL (http://, https://, socks4://, socks4a://, socks5:// or socks5h://), or nothing',
  parse: (raw) => {
    const word = unquoted(raw) ?? '';
    const url = word === '' || word.includes('://') ? word : `http://${word}`;
    const known = /^(https?|socks(4a?|5h?)?):\/\/[^/]/.test(url) && URL.canParse(url);
    if (url !== '' && !known) throw unexpected(proxyUrl.expects, raw.replace(/\/\/[^@/]*@/, '//***@'));
    return url;
  },
};

const booleanWords: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/** The text itself, without Python quotes if it has any; undefined for None. */
function unquoted(raw: string): string | undefined {
  const trimmed = raw.trim();
  if (trimmed === 'None') return undefined;
  if (!/^["']/.test(trimmed)) return trimmed;
  const value = parseLiteral(trimmed);
  return typeof value === 'string' ? value : trimmed;
}

function wordList(value: Literal, raw: string, expects: string): readonly string[] {
  if (!isList(value)) throw unexpected(expects, raw);
  return value.map((item) => {
    if (typeof item !== 'string') throw unexpected(expects, raw);
    return item;
  });
}

function dictionary(raw: string, expects: string): [string, Literal][] {
  const value = parseLiteral(raw);
  if (typeof value !== 'object' || isList(value)) throw unexpected(expects, raw);
  return Object.entries(value);
}

function unexpected(expects: string, raw: string): UdockerError {
  return new UdockerError(
    'INVALID',
    `expected ${expects}, not ${raw.trim() === '' ? 'nothing' : raw.trim()}`,
  );
}
