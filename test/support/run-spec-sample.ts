/** A complete RunSpec, host facts and a scripted probe for tests of plans. */
import type { HostFacts, Probe, ProbeResult } from '../../src/engines/engine.ts';
import { guestPath, hostPath } from '../../src/paths.ts';
import type { RunSpec } from '../../src/run/run-spec.ts';

export const sampleSpec: RunSpec = {
  root: hostPath('/c/ROOT'),
  rootWritable: true,
  mounts: [
    {
      source: hostPath('/dev'),
      target: guestPath('/dev'),
      readonly: false,
      kind: 'directory',
      origin: 'system',
      targetExists: true,
    },
    {
      source: hostPath('/proc'),
      target: guestPath('/proc'),
      readonly: false,
      kind: 'directory',
      origin: 'system',
      targetExists: true,
    },
    {
      source: hostPath('/vol'),
      target: guestPath('/data'),
      readonly: true,
      kind: 'directory',
      origin: 'volume',
      targetExists: false,
    },
  ],
  ports: [{ host: 8080, guest: 80, protocol: 'tcp' }],
  hostname: { name: 'node1', requested: false },
  process: {
    file: guestPath('/bin/sh'),
    args: ['sh', '-c', '', 'x y'],
    env: { PATH: '/bin', A: '1' },
    cwd: guestPath('/work'),
    user: { uid: 0, gid: 0, groups: [], name: 'root', home: guestPath('/root') },
    terminal: false,
  },
  guest: { libc: 'none', bits: 64 },
  container: {
    id: 'id',
    directory: hostPath('/c'),
    stateDirectory: hostPath('/c/.udocker'),
    ownersFile: hostPath('/c/owners'),
  },
  files: [{ path: hostPath('/c/.udocker/passwd-1'), content: 'root\n', mode: 0o644 }],
  directories: [guestPath('/work')],
  killOnExit: true,
};

export const sampleHost: HostFacts = {
  machine: 'x86_64',
  kernelRelease: '5.14.0',
  bootId: 'boot',
  uid: 1500,
  gid: 1600,
  environment: { PATH: '/usr/bin' },
  chosen: {},
  binDirectory: hostPath('/repo/bin'),
  runtimeDirectory: hostPath('/run/me'),
  temporaryDirectory: hostPath('/tmp'),
  cgroups: 'v2',
  invocation: '42-abc',
  inherited: [],
};

/** A probe that knows `programs` (path by name) and answers each command line by the first match in `answers`. */
export function scriptedProbe(
  programs: Readonly<Record<string, string>>,
  answers: readonly (readonly [RegExp, Partial<ProbeResult>])[],
): Probe & { readonly commands: string[] } {
  const commands: string[] = [];
  return {
    commands,
    findExecutable: (name) => {
      const found = programs[name] ?? Object.values(programs).find((path) => path === name);
      return found === undefined ? undefined : hostPath(found);
    },
    findDirectory: (path) => hostPath(path),
    readHead: () => undefined,
    contains: (_path, text) => text !== 'statx',
    withScratch: (_files, use) => use(hostPath('/scratch')),
    run: async (file, args) => {
      const line = [file, ...args].join(' ');
      commands.push(line);
      const answer = answers.find(([pattern]) => pattern.test(line))?.[1];
      return { status: answer === undefined ? undefined : 0, stdout: '', stderr: '', ...answer };
    },
  };
}
