import { describe, expect, test } from 'bun:test';
import { parseChallenges } from './challenge.ts';

const hub = { kind: 'bearer', realm: 'https://auth.docker.io/token', service: 'registry.docker.io' } as const;

describe('parseChallenges', () => {
  test.each<[string, string[], unknown]>([
    [
      "Docker Hub's",
      [
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"',
      ],
      [{ ...hub, scope: 'repository:a/b:pull' }],
    ],
    [
      'a comma and quotes inside quotes',
      ['Bearer realm="https://x/t",service="a, \\"b\\""'],
      [{ kind: 'bearer', realm: 'https://x/t', service: 'a, "b"' }],
    ],
    [
      'two in one header',
      ['Basic realm="r", Bearer realm="https://x/t"'],
      [
        { kind: 'basic', realm: 'r' },
        { kind: 'bearer', realm: 'https://x/t' },
      ],
    ],
    [
      'two headers',
      ['Basic realm=r', 'bearer realm=https'],
      [
        { kind: 'basic', realm: 'r' },
        { kind: 'bearer', realm: 'https' },
      ],
    ],
    ['Negotiate has no parameters', ['Negotiate, Basic realm="r"'], [{ kind: 'basic', realm: 'r' }]],
    ['a token68 is passed over', ['NTLM TlRMTVNTUAAB==, Basic realm="r"'], [{ kind: 'basic', realm: 'r' }]],
    [
      'blanks around =',
      ['Bearer realm = "https://x/t" , error="invalid_token"'],
      [{ kind: 'bearer', realm: 'https://x/t', error: 'invalid_token' }],
    ],
    ['Bearer without a realm is of no use', ['Bearer service="x"'], []],
    ['nothing', [], []],
    ['nonsense', ['"=,;'], []],
  ])('%s', (_, headers, expected) => {
    expect<unknown>(parseChallenges(headers)).toEqual(expected);
  });
});
