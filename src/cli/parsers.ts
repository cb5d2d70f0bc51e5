/** Parsers for words that several commands take. Each throws USAGE, saying what the word should have been. */
import { choice, httpUrl, proxyUrl, type SettingType } from '../config/setting-types.ts';
import { type ModeName, modeNames } from '../config/settings.ts';
import { isUdockerError, UdockerError } from '../errors.ts';

/** A container's id or name, or an image: anything but nothing. */
export function parseName(text: string): string {
  if (text.trim() === '') throw new UdockerError('USAGE', 'an empty word makes no sense here');
  return text;
}

/** A registry or index: a URL, or `host[:port]`. */
export function parseRegistryUrl(text: string): string {
  return asUsage(httpUrl, text);
}

/** The URL of a proxy; empty for none. */
export function parseProxyUrl(text: string): string {
  return asUsage(proxyUrl, text);
}

/** An execution mode, in any case. */
export function parseMode(text: string): ModeName {
  const mode = asUsage(choice(modeNames), text);
  if (mode === undefined) throw new UdockerError('USAGE', 'the mode is empty');
  return mode;
}

/** A parser for one of `known`. */
export function oneOf<T extends string>(...known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((word) => word === text);
    if (found === undefined) {
      throw new UdockerError('USAGE', `expected ${known.join(' or ')}, not ${JSON.stringify(text)}`);
    }
    return found;
  };
}

function asUsage<T extends string | undefined>(type: SettingType<T>, text: string): T {
  try {
    return type.parse(text);
  } catch (error) {
    if (!isUdockerError(error, 'INVALID')) throw error;
    throw new UdockerError('USAGE', error.message);
  }
}
