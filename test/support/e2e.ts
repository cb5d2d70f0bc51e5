/** What the end-to-end tests share: suites that skip with a reason, engines, and pictures of a repository. */
import { describe } from 'bun:test';
import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Unprivileged accounts see these too. */
export const runc = ['/usr/sbin/runc', '/usr/bin/runc'].find(existsSync);
export const crun = ['/usr/bin/crun', '/usr/sbin/crun'].find(existsSync);
export const proot = ['/usr/bin/proot'].find(existsSync);

export interface EngineCase {
  readonly name: string;
  readonly mode: string;
  readonly env: Readonly<Record<string, string>>;
  /** Why it cannot be tried here. */
  readonly reason: string | undefined;
}

/** Our own engine, which the file carries, and those that a user can have from Debian. */
export const engineCases: readonly EngineCase[] = [
  { name: 'N1', mode: 'N1', env: {}, reason: undefined },
  { name: 'N2', mode: 'N2', env: {}, reason: undefined },
  engineCase('R1 with runc', 'R1', runc, 'UDOCKER_USE_RUNC_EXECUTABLE'),
  engineCase('R1 with crun', 'R1', crun, 'UDOCKER_USE_RUNC_EXECUTABLE'),
  engineCase('P1', 'P1', proot, 'UDOCKER_USE_PROOT_EXECUTABLE'),
  engineCase('P2', 'P2', proot, 'UDOCKER_USE_PROOT_EXECUTABLE'),
];

function engineCase(name: string, mode: string, program: string | undefined, variable: string): EngineCase {
  const env = program === undefined ? {} : { [variable]: program };
  const reason = program === undefined ? `${name.split(' ').at(-1)} is not installed` : undefined;
  return { name, mode, env, reason };
}

/** Why busybox images cannot be made; undefined when they can. */
export const noBusybox = existsSync('/bin/busybox') ? undefined : 'not installed: busybox-static';

/** `describe`, or a skipped suite that says why. */
export function suite(name: string, reason: string | undefined, body: () => void): void {
  if (reason === undefined) describe(name, body);
  else describe.skip(`${name} (skipped: ${reason})`, body);
}

/**
 * What a repository holds, as sorted lines: path, kind, size or link target. Left out is what may come and go:
 * locks, the workplace when nothing is in it, the engine that is unpacked on first use, and what the containers' programs wrote into ROOT.
 */
export function snapshot(top: string): string[] {
  const lines: string[] = [];
  const visit = (directory: string, name: string): void => {
    for (const entry of readdirSync(directory).sort()) {
      const path = join(directory, entry);
      const shown = name === '' ? entry : `${name}/${entry}`;
      if (entry === '.lock' || /^bin\/udocker-engine/.test(shown)) continue;
      if (shown === '.staging' && readdirSync(path).length === 0) continue;
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) lines.push(`${shown} -> ${readlinkSync(path)}`);
      else if (!stat.isDirectory()) lines.push(`${shown} ${stat.size}`);
      else {
        lines.push(`${shown}/`);
        if (entry !== 'ROOT') visit(path, shown);
      }
    }
  };
  if (existsSync(top)) visit(top, '');
  return lines;
}
