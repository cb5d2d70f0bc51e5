/** The tar that is to be imported: a file, or the standard input. */
import { UdockerError } from '../errors.ts';
import { type HostPath, hostPath } from '../paths.ts';
import { stat } from '../system/files.ts';
import { standardInput } from '../system/read-file.ts';
import type { ActionContext } from './context.ts';

/** The host path of `source`, `standardInput` for `-`. Throws NOT_FOUND; INVALID for a directory. */
export function importSource({ user }: ActionContext, source: string): HostPath {
  if (source === '-') return standardInput;
  const path = hostPath(source, user.cwd);
  const found = stat(path);
  if (found === undefined) {
    throw new UdockerError('NOT_FOUND', `importing ${path}: there is no such file`, {
      hint: 'name a tar archive of a file system, or - for the standard input',
    });
  }
  if (!found.isDirectory()) return path;
  throw new UdockerError('INVALID', `importing ${path}: it is a directory`, {
    hint: `pack it on the way: tar -C ${path} -c . | udocker import - NAME:TAG`,
  });
}
