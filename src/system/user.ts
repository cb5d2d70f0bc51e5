/** Facts about who runs the program that the environment may lack. */
import { readFileSync } from 'node:fs';
import { isErrno } from '../errors.ts';
import { type HostPath, hostPath } from '../paths.ts';

/**
 * The home directory: `$HOME` when it is an absolute path, else what the passwd file says, else `/`. Users of a
 * directory service are not in that file; for them HOME is always set by their login.
 */
export function homeDirectory(home: string | undefined): HostPath {
  if (home?.startsWith('/')) return hostPath(home);
  return hostPath(passwdHome(process.getuid?.() ?? 0) ?? '/');
}

function passwdHome(uid: number): string | undefined {
  const fields = passwd()
    .split('\n')
    .map((line) => line.split(':'))
    .find((line) => line[2] === String(uid));
  const home = fields?.[5];
  return home?.startsWith('/') ? home : undefined;
}

function passwd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return '';
    throw error;
  }
}
