import { describe, expect, test } from 'bun:test';
import { isUdockerError } from '../errors.ts';
import { asText, flag, list, option } from './command.ts';
import { parseWords } from './parse-words.ts';

const options = {
  volume: list('V', asText, '', { short: 'v' }),
  envFile: option('F', asText, ''),
  entrypoint: option('E', asText, ''),
  interactive: flag('', { short: 'i' }),
  tty: flag('', { short: 't' }),
  publishAll: flag('', { short: 'P', aliases: ['netcoop'] }),
};

function parse(words: string[], stopAtPositional = false) {
  const { given, positionals } = parseWords(words, { options, stopAtPositional });
  return { given: given.map(({ key, value }) => [key, value]), positionals };
}

describe('options', () => {
  test.each<[string[], [string, string | boolean][], string[]]>([
    [['--volume=/a:/b'], [['volume', '/a:/b']], []],
    [['--volume', '/a'], [['volume', '/a']], []],
    [['-v=/a'], [['volume', '/a']], []],
    [['-v', '/a'], [['volume', '/a']], []],
    [['-v/a'], [['volume', '/a']], []],
    [['-v=A=B=C'], [['volume', 'A=B=C']], []],
    [['-v=-x'], [['volume', '-x']], []],
    [['--volume=--x'], [['volume', '--x']], []],
    [['--volume', '-'], [['volume', '-']], []],
    [['--entrypoint='], [['entrypoint', '']], []],
    [['--entrypoint', '', 'x'], [['entrypoint', '']], ['x']],
    [['--env-file=f'], [['envFile', 'f']], []],
    [
      ['-it'],
      [
        ['interactive', true],
        ['tty', true],
      ],
      [],
    ],
    [
      ['-itv', '/a', 'x'],
      [
        ['interactive', true],
        ['tty', true],
        ['volume', '/a'],
      ],
      ['x'],
    ],
    [
      ['-itv=/a'],
      [
        ['interactive', true],
        ['tty', true],
        ['volume', '/a'],
      ],
      [],
    ],
    [['--netcoop'], [['publishAll', true]], []],
    [['-P'], [['publishAll', true]], []],
    [
      ['--tty=false', '-i=true'],
      [
        ['tty', false],
        ['interactive', true],
      ],
      [],
    ],
    [['a', '-t', 'b'], [['tty', true]], ['a', 'b']],
    [['a', '--', '-t', '--', ''], [], ['a', '-t', '--', '']],
    [['-', ''], [], ['-', '']],
  ])('%j', (words, given, positionals) => {
    expect(parse(words)).toEqual({ given, positionals });
  });

  test.each<[string[], [string, string | boolean][], string[]]>([
    [['-t', 'img', '-t', '--volume', '', '--'], [['tty', true]], ['img', '-t', '--volume', '', '--']],
    [['--', 'img', '-t'], [], ['img', '-t']],
    [['-v', '/a', 'img', 'printf', '[%s]', ''], [['volume', '/a']], ['img', 'printf', '[%s]', '']],
  ])('stop at the first positional: %j', (words, given, positionals) => {
    expect(parse(words, true)).toEqual({ given, positionals });
  });
});

describe('refused', () => {
  test.each<[string[], string, string | undefined]>([
    [['--bogus'], 'unknown option: --bogus', undefined],
    [['--volum=/a'], 'unknown option: --volum', 'did you mean --volume?'],
    [['--envfile=x'], 'unknown option: --envfile', 'did you mean --env-file?'],
    [['-x'], 'unknown option: -x', undefined],
    [['-ix'], 'unknown option: -x (in -ix)', undefined],
    [['--volume'], 'the option --volume needs a value', 'write --volume=V'],
    [['-v'], 'the option -v needs a value', 'write -v=V'],
    [
      ['--volume', '-t'],
      'the option --volume needs a value, but -t follows',
      'if -t is the value, write --volume=-t',
    ],
    [['-v', '--', 'x'], 'the option -v needs a value, but -- follows', 'if -- is the value, write -v=--'],
    [['--tty=maybe'], 'the option --tty takes no value, or true or false, not: maybe', undefined],
    [['-t=x'], 'the option -t takes no value, or true or false, not: x', undefined],
  ])('%j', (words, message, hint) => {
    try {
      parse(words);
    } catch (error) {
      if (!isUdockerError(error, 'USAGE')) throw error;
      expect({ message: error.message, hint: error.hint }).toEqual({ message, hint });
      return;
    }
    throw new Error('it was accepted');
  });
});
