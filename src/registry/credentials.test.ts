import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { type HostPath, hostPath, under } from '../paths.ts';
import { type Credentials, credentialsFor } from './credentials.ts';
import { endpointFor } from './endpoint.ts';
import type { RegistryEvent } from './events.ts';
import { setLogin } from './keystore.ts';
import { registryKey } from './registry-key.ts';

let home: HostPath;
let events: RegistryEvent[];
beforeEach(() => {
  home = hostPath(mkdtempSync(`${tmpdir()}/udocker-credentials-`));
  events = [];
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const auth = (text: string) => Buffer.from(text).toString('base64');

function write(path: string, content: object | string): HostPath {
  const file = under(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A credential helper that answers `answer` for `server`, and notes what it was asked. */
function helper(name: string, server: string, answer: object): void {
  const file = write(
    `bin/docker-credential-${name}`,
    `#!/bin/sh\nread server\necho "$1 $server" >>${home}/asked\nif [ "$server" = '${server}' ]; then echo '${JSON.stringify(answer)}'\nelse echo 'credentials not found in native keychain'; exit 1; fi\n`,
  );
  chmodSync(file, 0o755);
}

function find(
  host: string | undefined,
  repository?: string,
  env: object = {},
): Promise<Credentials | undefined> {
  const endpoint = endpointFor(host, { registries: {}, defaultRegistry: '', insecure: false });
  const environment = { HOME: home, PATH: `${home}/bin:/usr/bin:/bin`, ...env };
  const options = {
    keystore: under(home, 'keystore'),
    environment,
    onEvent: (event: RegistryEvent) => events.push(event),
  };
  return credentialsFor(endpoint, options)(repository);
}

describe('credentialsFor', () => {
  test('the keystore comes first, then Docker, then Podman', async () => {
    write('.config/containers/auth.json', { auths: { 'quay.io': { auth: auth('podman:1') } } });
    expect(await find('quay.io')).toMatchObject({ username: 'podman' });
    write('.docker/config.json', { auths: { 'https://quay.io/v2/': { auth: auth('docker:1') } } });
    expect(await find('quay.io')).toMatchObject({ username: 'docker', password: '1' });
    write('auth-file', { auths: { 'quay.io': { auth: auth('file:1') } } });
    expect(await find('quay.io', undefined, { REGISTRY_AUTH_FILE: `${home}/auth-file` })).toMatchObject({
      username: 'file',
    });
    setLogin(under(home, 'keystore'), 'https://quay.io', 'udocker', '1');
    expect(await find('quay.io')).toMatchObject({ username: 'udocker' });
    expect(await find('other.io')).toBeUndefined();
  });

  test("Docker Hub under Docker's own name for it", async () => {
    write('d/config.json', { auths: { 'https://index.docker.io/v1/': { auth: auth('ann:p') } } });
    expect(await find(undefined, 'library/x', { DOCKER_CONFIG: `${home}/d` })).toMatchObject({
      username: 'ann',
    });
  });

  test('one login per repository path, the longest wins; ports tell registries apart', async () => {
    write('.docker/config.json', {
      auths: {
        'quay.io/team': { auth: auth('team:1') },
        'quay.io/team/app': { auth: auth('app:1') },
        'localhost:5000': { auth: auth('five:1') },
      },
    });
    expect(await find('quay.io', 'team/app')).toMatchObject({ username: 'app' });
    expect(await find('quay.io', 'team/other')).toMatchObject({ username: 'team' });
    expect(await find('quay.io', 'teamwork')).toBeUndefined();
    expect(await find('localhost:5000', 'x')).toMatchObject({ username: 'five' });
    expect(await find('localhost:5001', 'x')).toBeUndefined();
  });

  test('refresh tokens, finished tokens, plain fields, empty entries', async () => {
    write('.docker/config.json', {
      auths: {
        'a.io': { auth: auth('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' },
        'b.io': { registrytoken: 'bearer' },
        'c.io': { username: 'u', password: 'p' },
        'd.io': {},
      },
    });
    expect(await find('a.io')).toMatchObject({ kind: 'identity-token', token: 'refresh' });
    expect(await find('b.io')).toMatchObject({ kind: 'registry-token', token: 'bearer' });
    expect(await find('c.io')).toMatchObject({ kind: 'password', username: 'u', password: 'p' });
    expect(await find('d.io')).toBeUndefined();
  });

  test('helper programs: for one registry, for all, and not found', async () => {
    write('.docker/config.json', {
      credsStore: 'all',
      credHelpers: { 'gcr.io': 'one' },
      auths: { 'z.io': { auth: auth('z:1') } },
    });
    helper('all', 'https://index.docker.io/v1/', { ServerURL: 'x', Username: 'hub', Secret: 's' });
    helper('one', 'gcr.io', { ServerURL: 'x', Username: '<token>', Secret: 't' });
    expect(await find(undefined)).toMatchObject({
      username: 'hub',
      password: 's',
      source: 'docker-credential-all',
    });
    expect(await find('gcr.io')).toMatchObject({ kind: 'identity-token', token: 't' });
    expect(await find('z.io')).toMatchObject({ username: 'z' });
    expect(readFileSync(`${home}/asked`, 'utf8')).toBe(
      'get https://index.docker.io/v1/\nget gcr.io\nget z.io\n',
    );
    expect(events).toEqual([]);
  });

  test('a source that cannot be used is reported, and the next one asked', async () => {
    write('.docker/config.json', { credsStore: 'missing' });
    write('.config/containers/auth.json', { auths: { 'quay.io': { auth: auth('podman:1') } } });
    write('keystore', '{');
    expect(await find('quay.io')).toMatchObject({ username: 'podman' });
    expect(events.map((event) => (event.kind === 'credentials-unavailable' ? event.reason : ''))).toEqual([
      expect.stringContaining('not JSON'),
      expect.stringContaining('there is no such program in PATH'),
    ]);
  });

  test('the name of a helper leads to no other program', async () => {
    write('.docker/config.json', { credsStore: '../../bin/sh' });
    expect(await find('quay.io')).toBeUndefined();
  });
});

test.each([
  ['https://index.docker.io/v1/', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
  ['https://quay.io', 'quay.io'],
  ['QUAY.io/', 'quay.io'],
  ['http://127.0.0.1:5000/v2/', '127.0.0.1:5000'],
  ['https://host:443', 'host'],
  ['http://host:80', 'host'],
  ['host:80', 'host:80'],
  ['https://host/prefix/v2', 'host/prefix'],
])('registryKey(%s) is %s', (text, key) => {
  expect(registryKey(text)).toBe(key);
});
