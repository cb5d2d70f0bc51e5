/**
 * What a registry asks for in WWW-Authenticate. One header may hold several challenges, and there may be several
 * headers. Source: RFC 9110, section 11.6.1; distribution's token specification.
 */

export type Challenge =
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service?: string;
      readonly scope?: string;
      readonly error?: string;
    }
  | { readonly kind: 'basic'; readonly realm: string };

/** All challenges we understand, in order. Others (Negotiate, Digest ...) and malformed rests are passed over. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((text) => split(text)).flatMap(toChallenge);
}

interface Raw {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const word = `(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`;
/** A parameter; or a scheme, which is a word not followed by `=`; or a token68, which is passed over. */
const piece = new RegExp(
  `\\s*,?\\s*(?:(${token})\\s*=\\s*${word}|(${token})(?=\\s|,|$)|[A-Za-z0-9._~+/-]+=*(?=\\s*(?:,|$)))`,
  'y',
);

function split(text: string): Raw[] {
  const found: Raw[] = [];
  piece.lastIndex = 0;
  for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
    const [, name, quoted, plain, scheme] = match;
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined) {
      found.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
    }
  }
  return found;
}

function toChallenge({ scheme, parameters }: Raw): Challenge[] {
  const realm = parameters.get('realm') ?? '';
  if (scheme === 'basic') return [{ kind: 'basic', realm }];
  if (scheme !== 'bearer' || realm === '') return [];
  const optional = (name: 'service' | 'scope' | 'error') => {
    const value = parameters.get(name);
    return value === undefined || value === '' ? {} : { [name]: value };
  };
  return [{ kind: 'bearer', realm, ...optional('service'), ...optional('scope'), ...optional('error') }];
}
