import { describe, expect, test } from 'bun:test';
import { formatLiteral, type Literal, parseLiteral } from './literal.ts';

describe('parseLiteral reads what Python prints', () => {
  test.each<[string, Literal]>([
    ['None', undefined],
    ['True', true],
    ['False', false],
    ['12', 12],
    ['-3', -3],
    ['1.5', 1.5],
    ["'a'", 'a'],
    ['"it\'s"', "it's"],
    ['"a\\"b\\\\c\\n"', 'a"b\\c\n'],
    ['"a" "b"', 'ab'],
    ['[]', []],
    ['["a", "b"]', ['a', 'b']],
    ['["a", "b",]', ['a', 'b']],
    ['("/dev", "/proc", )', ['/dev', '/proc']],
    ['("/dev",)', ['/dev']],
    ['("/dev")', '/dev'],
    ['()', []],
    ['(["taskset", "-c", "%s"],)', [['taskset', '-c', '%s']]],
    ['{"a": ["x"], \'b\': None}', { a: ['x'], b: undefined }],
    ['{}', {}],
    ['[1]  # a comment', [1]],
    ['[\n "a",\n "b" ]', ['a', 'b']],
  ])('%s', (text, expected) => {
    expect(parseLiteral(text)).toEqual(expected);
  });
});

describe('parseLiteral refuses', () => {
  test.each([
    '',
    'maybe',
    '"open',
    '[1',
    '[1 2]',
    '{1: 2}',
    '{"a" 1}',
    '[1] x',
    '__import__("os")',
    '30 * 60',
  ])('%s', (text) => {
    expect(() => parseLiteral(text)).toThrow(/^expected /);
  });
});

describe('formatLiteral', () => {
  test.each<[Literal, string]>([
    [undefined, 'None'],
    [true, 'True'],
    [12, '12'],
    ["it's", '"it\'s"'],
    [['a', 'b'], "['a', 'b']"],
    [{ 'docker.io': ['x'] }, "{'docker.io': ['x']}"],
    ['a\\b\n"\'', '"a\\\\b\\n\\"\'"'],
  ])('%p', (value, expected) => {
    expect(formatLiteral(value)).toBe(expected);
    expect(parseLiteral(expected)).toEqual(value);
  });
});
