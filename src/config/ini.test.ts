import { describe, expect, test } from 'bun:test';
import { parseIni } from './ini.ts';

const entriesOf = (text: string) => parseIni(text, 'f').entries;

test('comments, sections, both separators, blanks around', () => {
  const text = '# one\n; two\n\n[DEFAULT]\nKey = value \nother: x=y\n';
  expect(entriesOf(text)).toEqual([
    { key: 'key', value: 'value', line: 5 },
    { key: 'other', value: 'x=y', line: 6 },
  ]);
});

test('a section header is not needed', () => {
  expect(entriesOf('timeout = 5')).toEqual([{ key: 'timeout', value: '5', line: 1 }]);
});

test('indented lines continue a value', () => {
  expect(entriesOf('cmd = ["a",\n  "b"]\nx = 1')).toEqual([
    { key: 'cmd', value: '["a",\n"b"]', line: 1 },
    { key: 'x', value: '1', line: 3 },
  ]);
});

test('other sections do not count and are told', () => {
  const file = parseIni('[other]\ntimeout = 5\n[DEFAULT]\ntimeout = 6', 'f');
  expect(file.entries).toEqual([{ key: 'timeout', value: '6', line: 4 }]);
  expect(file.otherSections).toEqual([{ name: 'other', line: 1 }]);
});

describe('interpolation, as ConfigParser has it', () => {
  test('names of the file are replaced, %% is %', () => {
    const text = 'base = /data\ntopdir = %(base)s/u\ncpu = %%s\nproxy = http://u:p%40x@h';
    expect(entriesOf(text).map(({ value }) => value)).toEqual(['/data', '/data/u', '%s', 'http://u:p%40x@h']);
  });

  test.each(['a = %(b)s', 'a = %(a)s'])('refuses %s', (text) => {
    expect(() => entriesOf(text)).toThrow(/line 1: %\([ab]\)s names no value of the file/);
  });
});

test('a line that is no entry is refused with its number', () => {
  expect(() => parseIni('a = 1\nnonsense\n', '/etc/udocker.conf')).toThrow(
    'reading /etc/udocker.conf, line 2: not "key = value": nonsense',
  );
});
