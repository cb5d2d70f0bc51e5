import { expect, test } from 'bun:test';
import { emptyImageConfig, parseImageConfig } from './image-config.ts';

test('an OCI configuration', () => {
  const text = JSON.stringify({
    architecture: 'arm64',
    variant: 'v8',
    os: 'linux',
    config: {
      Entrypoint: ['/init'],
      Cmd: ['a', ''],
      Env: ['PATH=/bin', 'EMPTY='],
      User: '1000:50',
      WorkingDir: '/srv',
      Volumes: { '/data': {} },
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      StopSignal: 'SIGINT',
      Labels: { a: 'b', n: 1 },
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${'d'.repeat(64)}`] },
  });
  expect<unknown>(parseImageConfig(text, 'x')).toEqual({
    platform: { os: 'linux', architecture: 'arm64' },
    entrypoint: ['/init'],
    cmd: ['a', ''],
    env: ['PATH=/bin', 'EMPTY='],
    user: '1000:50',
    workingDir: '/srv',
    hostname: '',
    volumes: ['/data'],
    exposedPorts: ['80/tcp', '53/udp'],
    stopSignal: 'SIGINT',
    labels: { a: 'b' },
    diffIds: [`sha256:${'d'.repeat(64)}`],
  });
});

test('old dialects: container_config, null lists, commands as one string', () => {
  const text = JSON.stringify({
    config: null,
    container_config: { Cmd: 'sh -c true', Env: null, Volumes: null },
  });
  expect(parseImageConfig(text, 'x')).toMatchObject({ cmd: ['sh', '-c', 'true'], env: [], volumes: [] });
});

test('an object that says nothing is the empty configuration', () => {
  expect(parseImageConfig('{}', 'x')).toEqual(emptyImageConfig);
});

test.each(['', 'null', '[]', '"x"', '{'])('refuses %j and names where it came from', (text) => {
  expect(() => parseImageConfig(text, 'container abc')).toThrow(/container abc/);
});
