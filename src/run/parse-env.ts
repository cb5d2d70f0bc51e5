/**
 * `-e NAME[=VALUE]` and the files of `--env-file`. A bare name takes the host's value; where the host has none
 * the variable ends up unset, even if the image sets it (Docker's rule).
 */
import { UdockerError } from '../errors.ts';

export type EnvEntry =
  | { readonly kind: 'set'; readonly name: string; readonly value: string }
  | { readonly kind: 'from-host'; readonly name: string };

/** Parses one assignment; everything after the first `=` is the value. Throws USAGE for an empty name. */
export function parseEnvAssignment(text: string): EnvEntry {
  const entry = assignment(text);
  if (entry !== undefined) return entry;
  throw new UdockerError('USAGE', `invalid environment variable ${JSON.stringify(text)}: it has no name`, {
    hint: 'write NAME=VALUE, or NAME to pass the value it has outside',
  });
}

/**
 * Parses the text of an environment file: one variable a line, blank lines and lines starting with `#` left
 * out, blanks before a name dropped, quotes kept as they are. `origin` names the file in errors.
 * Throws INVALID for a line without a name or with a blank inside the name.
 */
export function parseEnvFile(text: string, origin: string): EnvEntry[] {
  const entries: EnvEntry[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const entry = assignment(line);
    if (entry === undefined || /\s/.test(entry.name)) {
      throw new UdockerError(
        'INVALID',
        `${origin}, line ${index + 1}: not a variable: ${JSON.stringify(line)}`,
        {
          hint: 'each line is NAME=VALUE, NAME, or a comment that starts with #',
        },
      );
    }
    entries.push(entry);
  }
  return entries;
}

function assignment(text: string): EnvEntry | undefined {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  if (name === '') return undefined;
  return at < 0 ? { kind: 'from-host', name } : { kind: 'set', name, value: text.slice(at + 1) };
}
