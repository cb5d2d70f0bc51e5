/**
 * Reads the INI dialect of Python's ConfigParser, keeping line numbers so that a bad value can be shown. Only
 * the section [DEFAULT] counts, as it always did; lines before any section header belong to it too.
 * The npm parsers (`ini`, `js-ini`) know neither line numbers nor continued values.
 */
import { UdockerError } from '../errors.ts';

export interface IniEntry {
  /** In lower case: ConfigParser does not tell cases apart. */
  readonly key: string;
  readonly value: string;
  /** 1 for the first line of the file. */
  readonly line: number;
}

export interface IniFile {
  readonly entries: readonly IniEntry[];
  /** Sections that hold entries but are not [DEFAULT]: `[name]` and its line. */
  readonly otherSections: readonly { readonly name: string; readonly line: number }[];
}

interface Draft {
  readonly key: string;
  readonly lines: string[];
  readonly line: number;
}

/** Parses `text`; `file` names it in errors. Throws INVALID with file and line for a line that is no entry. */
export function parseIni(text: string, file: string): IniFile {
  const drafts: Draft[] = [];
  const otherSections: { name: string; line: number }[] = [];
  let inDefault = true;
  let open: Draft | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const trimmed = raw.trim();
    if (trimmed === '' || /^[#;]/.test(trimmed)) continue;
    if (/^\s/.test(raw) && open !== undefined) {
      open.lines.push(trimmed);
      continue;
    }
    const section = /^\[([^\]]*)\]$/.exec(trimmed)?.[1];
    if (section !== undefined) {
      inDefault = section === 'DEFAULT';
      open = undefined;
      if (!inDefault) otherSections.push({ name: section, line });
      continue;
    }
    open = entry(trimmed, line, file);
    if (inDefault) drafts.push(open);
  }
  return { entries: interpolate(drafts, file), otherSections };
}

function entry(text: string, line: number, file: string): Draft {
  const match = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(text);
  if (match === null) {
    throw new UdockerError('INVALID', `reading ${file}, line ${line}: not "key = value": ${text}`, {
      details: { file, line },
    });
  }
  return { key: (match[1] ?? '').toLowerCase(), lines: [match[2] ?? ''], line };
}

/** ConfigParser replaces `%(key)s` by another value of the file, and `%%` by `%`. A lone `%` stays here. */
function interpolate(drafts: readonly Draft[], file: string): IniEntry[] {
  const values = new Map(drafts.map((draft) => [draft.key, draft.lines.join('\n')]));
  const expand = (text: string, line: number, depth: number): string =>
    text.replace(/%(?:%|\(([^)]*)\)s)/g, (_, name: string | undefined) => {
      if (name === undefined) return '%';
      const value = values.get(name.toLowerCase());
      if (value === undefined || depth === 0) {
        throw new UdockerError(
          'INVALID',
          `reading ${file}, line ${line}: %(${name})s names no value of the file`,
          {
            details: { file, line },
          },
        );
      }
      return expand(value, line, depth - 1);
    });
  return drafts.map(({ key, lines, line }) => ({ key, line, value: expand(lines.join('\n'), line, 10) }));
}
