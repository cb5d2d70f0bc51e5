/**
 * Values of udocker.conf are Python literals, because the first udocker was written in Python and people have
 * such files: `None`, `True`, `12`, `"text"`, `[..]`, `(..)`, `{..}`. Read and written here, nothing is executed.
 */
import { UdockerError } from '../errors.ts';

/** `undefined` stands for None; tuples arrive as lists. */
export type Literal =
  | undefined
  | boolean
  | number
  | string
  | readonly Literal[]
  | { readonly [key: string]: Literal };

/** The literal that `text` is, a `# comment` after it allowed. Throws INVALID, saying what was expected. */
export function parseLiteral(text: string): Literal {
  const reader = new Reader(text);
  const value = reader.value();
  reader.end();
  return value;
}

/** `value` as Python prints it, so that the output of `showconf` can be pasted into udocker.conf. */
export function formatLiteral(value: Literal): string {
  if (value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quote(value);
  if (isList(value)) return `[${value.map(formatLiteral).join(', ')}]`;
  const pairs = Object.entries(value).map(([key, item]) => `${quote(key)}: ${formatLiteral(item)}`);
  return `{${pairs.join(', ')}}`;
}

/** True for lists (and, in the file, tuples). */
export function isList(value: Literal): value is readonly Literal[] {
  return Array.isArray(value);
}

function quote(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  if (!escaped.includes("'")) return `'${escaped}'`;
  return `"${escaped.replaceAll('"', '\\"')}"`;
}

const names: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ['None', undefined],
  ['True', true],
  ['False', false],
]);
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  value(): Literal {
    this.blanks();
    const next = this.text[this.at];
    if (next === '[') return this.list(']').items;
    if (next === '(') return this.group();
    if (next === '{') return this.dictionary();
    if (next === '"' || next === "'") return this.strings();
    return this.word();
  }

  end(): void {
    this.blanks();
    if (this.at < this.text.length && this.text[this.at] !== '#') throw this.wrong('the end of the value');
  }

  /** `(x)` is x, `(x,)` and `(x, y)` are tuples, as in Python. */
  private group(): Literal {
    const { items, commas } = this.list(')');
    return commas === 0 && items.length === 1 ? items[0] : items;
  }

  private list(close: string): { items: Literal[]; commas: number } {
    const items: Literal[] = [];
    let commas = 0;
    this.at += 1;
    while (!this.take(close)) {
      items.push(this.value());
      if (this.take(',')) commas += 1;
      else if (!this.peek(close)) throw this.wrong(`"," or "${close}"`);
    }
    return { items, commas };
  }

  private dictionary(): Literal {
    const entries: [string, Literal][] = [];
    this.at += 1;
    while (!this.take('}')) {
      const key = this.value();
      if (typeof key !== 'string') throw this.wrong('a quoted key');
      if (!this.take(':')) throw this.wrong('":"');
      entries.push([key, this.value()]);
      if (!this.take(',') && !this.peek('}')) throw this.wrong('"," or "}"');
    }
    return Object.fromEntries(entries);
  }

  /** Strings side by side are one string. */
  private strings(): string {
    let all = '';
    while (this.peek('"') || this.peek("'")) all += this.string();
    return all;
  }

  private string(): string {
    const mark = this.text[this.at];
    let value = '';
    for (this.at += 1; this.text[this.at] !== mark; this.at += 1) {
      const next = this.text[this.at];
      if (next === undefined) throw this.wrong(`a closing ${mark}`);
      value += next === '\\' ? this.escape() : next;
    }
    this.at += 1;
    return value;
  }

  private escape(): string {
    this.at += 1;
    const next = this.text[this.at];
    if (next === undefined) throw this.wrong('a character after "\\"');
    if (next === '\\' || next === '"' || next === "'") return next;
    return escapes[next] ?? `\\${next}`;
  }

  private word(): Literal {
    const word = /^[A-Za-z0-9_.+-]*/.exec(this.text.slice(this.at))?.[0] ?? '';
    if (names.has(word)) {
      this.at += word.length;
      return names.get(word);
    }
    if (!/^[+-]?\d+(\.\d+)?$/.test(word)) throw this.wrong('a quoted text, a number, True, False or None');
    this.at += word.length;
    return Number(word);
  }

  private take(character: string): boolean {
    if (!this.peek(character)) return false;
    this.at += 1;
    return true;
  }

  private peek(character: string): boolean {
    this.blanks();
    return this.text[this.at] === character;
  }

  private blanks(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private wrong(expected: string): UdockerError {
    const rest = this.text.slice(this.at);
    const found = rest === '' ? 'the value ends' : `there is ${JSON.stringify(rest)}`;
    return new UdockerError('INVALID', `expected ${expected}, but ${found}`);
  }
}
