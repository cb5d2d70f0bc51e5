import { describe, expect, test } from 'bun:test';
import { isUdockerError } from '../errors.ts';
import { parseCpuList } from './parse-cpus.ts';
import { parseDevice } from './parse-device.ts';
import { parseEnvAssignment, parseEnvFile } from './parse-env.ts';
import { parseExposedPort, parsePublish } from './parse-publish.ts';
import { parseUser } from './parse-user.ts';
import { parseVolume } from './parse-volume.ts';

function failure(
  act: () => unknown,
): { code: string; message: string; hint: string | undefined } | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!isUdockerError(error)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

describe('volumes', () => {
  const accepted: readonly [string, string, string, boolean][] = [
    ['/a', '/a', '/a', false],
    ['/a:/b', '/a', '/b', false],
    ['/a/:/b/', '/a', '/b', false],
    ['/a:/b:ro', '/a', '/b', true],
    ['/a:/b:rw', '/a', '/b', false],
    ['/a:/b:z,ro', '/a', '/b', true],
    ['/a:/b:Z', '/a', '/b', false],
    ['/a:/b/../c', '/a', '/c', false],
    ['/:/host', '/', '/host', false],
    ['/with space:/ü', '/with space', '/ü', false],
  ];
  test.each(accepted)('%s', (text, source, target, readonly) => {
    expect(parseVolume(text)).toEqual({ source, target, readonly } as ReturnType<typeof parseVolume>);
  });
  const refused: readonly [string, string][] = [
    ['', 'empty'],
    [':/b', 'empty'],
    ['a:/b', 'a is not absolute'],
    ['./a:/b', 'not absolute'],
    ['/a:b', 'container path "b"'],
    ['/a:', 'container path ""'],
    ['/a:/', 'on /'],
    ['/a:/..', 'on /'],
    ['/a:/b:rx', 'unknown option "rx"'],
    ['/a:/b:', 'unknown option ""'],
    ['/a:/b:ro:rw', 'too many'],
  ];
  test.each(refused)('refuses %p: %s', (text, reason) => {
    expect(failure(() => parseVolume(text))).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(reason),
    });
  });
});

describe('devices', () => {
  test.each([
    ['/dev/fuse', '/dev/fuse', '/dev/fuse'],
    ['/dev/sda:/dev/xvda', '/dev/sda', '/dev/xvda'],
    ['/dev/sda:/dev/xvda:r', '/dev/sda', '/dev/xvda'],
    ['/dev/sda:rw', '/dev/sda', '/dev/sda'],
  ])('%s', (text, source, target) => {
    expect(parseDevice(text)).toEqual({ source, target } as ReturnType<typeof parseDevice>);
  });
  test.each(['', 'fuse', '/etc/passwd', '/dev/a:/dev/b:rx', '/dev/a:rw:/b', '/dev/a:/b:r:w', '/dev/../etc'])(
    'refuses %p',
    (text) => {
      expect(failure(() => parseDevice(text))?.code).toBe('USAGE');
    },
  );
});

describe('CPU lists', () => {
  test.each([
    ['0', [0]],
    ['1,3', [1, 3]],
    ['0-2', [0, 1, 2]],
    ['3,0-1,1', [0, 1, 3]],
  ])('%s', (text, cpus) => expect(parseCpuList(text)).toEqual(cpus));
  test.each(['', 'a', '1-', '-1', '3-1', '1,,2', '99999', '0-99999999'])('refuses %p', (text) => {
    expect(failure(() => parseCpuList(text))?.code).toBe('USAGE');
  });
});

describe('users', () => {
  const id = (n: number) => ({ kind: 'id' as const, id: n });
  const name = (text: string) => ({ kind: 'name' as const, name: text });
  test.each([
    ['root', { user: name('root') }],
    ['1000', { user: id(1000) }],
    ['1000:50', { user: id(1000), group: id(50) }],
    ['www-data:staff', { user: name('www-data'), group: name('staff') }],
    ['user.name@domain', { user: name('user.name@domain') }],
  ])('%s', (text, user) => expect(parseUser(text)).toEqual(user));
  test.each(['', 'a b', ':5', '5:', '1:2:3', 'a/b', '4294967295', '99999999999'])('refuses %p', (text) => {
    expect(failure(() => parseUser(text))?.code).toBe('USAGE');
  });
});

describe('environment', () => {
  test('assignments', () => {
    expect(parseEnvAssignment('A=b=c')).toEqual({ kind: 'set', name: 'A', value: 'b=c' });
    expect(parseEnvAssignment('A=')).toEqual({ kind: 'set', name: 'A', value: '' });
    expect(parseEnvAssignment('A')).toEqual({ kind: 'from-host', name: 'A' });
    expect(failure(() => parseEnvAssignment('=x'))?.code).toBe('USAGE');
    expect(failure(() => parseEnvAssignment(''))?.code).toBe('USAGE');
  });
  test('files: comments, blank lines, bare names, quotes kept, CRLF', () => {
    const text = '\uFEFF# comment\n\nA=1\r\n  B = spaced \nNAME\nQ="x"\n#C=3';
    expect(failure(() => parseEnvFile(text, 'f'))).toMatchObject({
      message: expect.stringContaining('f, line 4'),
    });
    expect(parseEnvFile(text.replace('B = ', 'B= '), 'f')).toEqual([
      { kind: 'set', name: 'A', value: '1' },
      { kind: 'set', name: 'B', value: ' spaced ' },
      { kind: 'from-host', name: 'NAME' },
      { kind: 'set', name: 'Q', value: '"x"' },
    ]);
  });
});

describe('ports', () => {
  test.each([
    ['80', [{ guest: 80, protocol: 'tcp' }]],
    ['8080:80', [{ host: 8080, guest: 80, protocol: 'tcp' }]],
    [':80', [{ guest: 80, protocol: 'tcp' }]],
    ['53:53/udp', [{ host: 53, guest: 53, protocol: 'udp' }]],
    ['127.0.0.1:8080:80', [{ address: '127.0.0.1', host: 8080, guest: 80, protocol: 'tcp' }]],
    ['127.0.0.1::80', [{ address: '127.0.0.1', guest: 80, protocol: 'tcp' }]],
    ['[::1]:1:2', [{ address: '[::1]', host: 1, guest: 2, protocol: 'tcp' }]],
    [
      '7000-7001:80-81',
      [
        { host: 7000, guest: 80, protocol: 'tcp' },
        { host: 7001, guest: 81, protocol: 'tcp' },
      ],
    ],
  ])('%s', (text, ports) => expect(parsePublish(text)).toEqual(ports as ReturnType<typeof parsePublish>));
  test.each(['', 'a', '0:80', '80:65536', '1-2:3', '2-1:2-1', '80/sctp', '1:2:3:4', '80:'])(
    'refuses %p',
    (text) => {
      expect(failure(() => parsePublish(text))?.code).toBe('USAGE');
    },
  );
  test('exposed ports of images', () => {
    expect(parseExposedPort('53/udp')).toEqual({ guest: 53, protocol: 'udp' });
    expect(parseExposedPort('80')).toEqual({ guest: 80, protocol: 'tcp' });
    expect(parseExposedPort('0/tcp')).toBeUndefined();
    expect(parseExposedPort('http')).toBeUndefined();
  });
});
