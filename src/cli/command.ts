/**
 * A command is a value: help, parsing and usage errors (later completion and manual) all come from it. `run`
 * gets its words already parsed into types. The constructors below exist so that these types are inferred.
 */
import type { ActionContext } from '../actions/context.ts';
import type { Console } from './console.ts';

/** What every option has: `--name` comes from its key in the record, in kebab case. */
interface OptionCommon {
  readonly help: string;
  /** One letter: `-x`. */
  readonly short?: string;
  /** Other long names, without dashes. */
  readonly aliases?: readonly string[];
  /** Accepted so that scripts work, but of no effect; says why, on stderr. */
  readonly ignored?: string;
  /** Accepted without a word because there is nothing to say: listed apart in the help. */
  readonly compatible?: boolean;
}

export interface Flag extends OptionCommon {
  readonly kind: 'flag';
}
export interface ValueOption<T> extends OptionCommon {
  readonly kind: 'value';
  /** What the value is called in the help. */
  readonly value: string;
  /** Throws USAGE for text that makes no sense. */
  readonly parse: (text: string) => T;
}
export interface ListOption<T> extends OptionCommon {
  readonly kind: 'list';
  readonly value: string;
  readonly parse: (text: string) => T;
}
export type Option = Flag | ValueOption<unknown> | ListOption<unknown>;

export interface Positional<T> {
  readonly kind: 'one' | 'optional' | 'many' | 'any';
  /** What it is called in usage lines: `IMAGE`. */
  readonly value: string;
  readonly parse: (text: string) => T;
}
interface One<T> extends Positional<T> {
  readonly kind: 'one';
}
interface Optional<T> extends Positional<T> {
  readonly kind: 'optional';
}
interface Several<T> extends Positional<T> {
  readonly kind: 'many' | 'any';
}

type OptionValue<O> = O extends Flag
  ? boolean
  : O extends ListOption<infer T>
    ? readonly T[]
    : O extends ValueOption<infer T>
      ? T | undefined
      : never;
type PositionalValue<P> =
  P extends Several<infer T>
    ? readonly T[]
    : P extends One<infer T>
      ? T
      : P extends Optional<infer T>
        ? T | undefined
        : never;

type Options = Readonly<Record<string, Option>>;
type Positionals = Readonly<Record<string, Positional<unknown>>>;
/** What `run` receives: one field per positional and per option. */
export type Input<P extends Positionals, O extends Options> = {
  readonly [K in keyof P]: PositionalValue<P[K]>;
} & { readonly [K in keyof O]: OptionValue<O[K]> };

export type CommandGroup = 'Images' | 'Containers' | 'Registries' | 'Setting up' | 'Information';

export interface CommandDefinition<P extends Positionals, O extends Options> {
  readonly name: string;
  readonly group: CommandGroup;
  /** One line, no full stop. */
  readonly summary: string;
  /** More, for the command's own help. */
  readonly details?: string;
  /** In order of appearance. */
  readonly positionals: P;
  readonly options: O;
  readonly examples: readonly string[];
  /** Everything after the first positional belongs to the last one, dashes and empty words included. */
  readonly stopAtPositional?: boolean;
  /** Harmless, so root may do it too. */
  readonly allowRoot?: boolean;
  /** Works with a broken configuration: it sees the defaults. */
  readonly needsNoConfig?: boolean;
  /** Failures before the container's process starts exit with 125, as Docker's do. */
  readonly startsContainer?: boolean;
  /** Resolves to the exit status; nothing is 0. */
  readonly run: (input: Input<P, O>, context: CommandContext) => Promise<number | undefined>;
}

/** What `run` is handed besides its input: all that actions need, and a way to show results. */
export interface CommandContext extends ActionContext {
  readonly console: Console;
  /** The whole table, for `help`. */
  readonly commands: readonly CommandEntry[];
}

/** A command of any shape, as the table holds it. */
export interface Command extends Omit<CommandDefinition<Positionals, Options>, 'run'> {
  readonly run: (
    input: Readonly<Record<string, unknown>>,
    context: CommandContext,
  ) => Promise<number | undefined>;
}

/** A command by its name, loaded when it is used. */
export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

/** Makes a command. The parser builds `input` from the same records, which is why the types may be forgotten. */
export function command<P extends Positionals, O extends Options>(
  definition: CommandDefinition<P, O>,
): Command {
  return definition as unknown as Command;
}

type Extras = Partial<Omit<OptionCommon, 'help'>>;

/** `--name`: true when given. */
export function flag(help: string, extras: Extras = {}): Flag {
  return { kind: 'flag', help, ...extras };
}

/** `--name=VALUE`; the last one counts. */
export function option<T>(
  value: string,
  parse: (text: string) => T,
  help: string,
  extras: Extras = {},
): ValueOption<T> {
  return { kind: 'value', value, parse, help, ...extras };
}

/** `--name=VALUE`, as often as wanted. */
export function list<T>(
  value: string,
  parse: (text: string) => T,
  help: string,
  extras: Extras = {},
): ListOption<T> {
  return { kind: 'list', value, parse, help, ...extras };
}

/** A word that must be there. */
export function one<T>(value: string, parse: (text: string) => T): One<T> {
  return { kind: 'one', value, parse };
}

/** A word that may be there. */
export function optional<T>(value: string, parse: (text: string) => T): Optional<T> {
  return { kind: 'optional', value, parse };
}

/** One word or more. */
export function many<T>(value: string, parse: (text: string) => T): Several<T> {
  return { kind: 'many', value, parse };
}

/** Any number of words. */
export function any<T>(value: string, parse: (text: string) => T): Several<T> {
  return { kind: 'any', value, parse };
}

/** A parser for text that needs none. */
export function asText(text: string): string {
  return text;
}

/** `--env-file` for the key `envFile`. */
export function longName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Every way to write an option: long names first. */
export function optionNames(key: string, definition: Option): string[] {
  const aliases = (definition.aliases ?? []).map((alias) => `--${alias}`);
  return [longName(key), ...aliases, ...(definition.short === undefined ? [] : [`-${definition.short}`])];
}
