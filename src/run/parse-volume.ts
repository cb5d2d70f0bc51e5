/** `-v HOST[:CONTAINER[:OPTIONS]]`, as Docker writes it. */
import { UdockerError } from '../errors.ts';
import { type GuestPath, guestPath, type HostPath, hostPath } from '../paths.ts';

export interface VolumeRequest {
  readonly source: HostPath;
  readonly target: GuestPath;
  readonly readonly: boolean;
}

/** Words that other tools send along and that change nothing here: labels, propagation, caching. */
const harmless = new Set(
  'z Z rw bind rbind shared rshared slave rslave private rprivate nocopy cached delegated consistent'.split(
    ' ',
  ),
);

/** Parses one volume. Throws USAGE for a relative path, a target that is `/`, or an unknown option. */
export function parseVolume(text: string): VolumeRequest {
  const [source = '', target = source, options, ...rest] = text.split(':');
  if (rest.length > 0) throw usage(text, 'too many colons', 'write HOST_PATH:CONTAINER_PATH:ro');
  if (source === '') throw usage(text, 'the host path is empty', 'write HOST_PATH:CONTAINER_PATH');
  if (!source.startsWith('/')) {
    throw usage(text, `the host path ${source} is not absolute`, `write $PWD/${source.replace(/^\.\//, '')}`);
  }
  if (!target.startsWith('/')) {
    throw usage(
      text,
      `the container path ${JSON.stringify(target)} is not absolute`,
      `write ${source}:/${target}`,
    );
  }
  const guest = guestPath(target);
  if (guest === '/')
    throw usage(text, 'nothing can be mounted on / of a container', `write ${source}:/some/path`);
  return { source: hostPath(source), target: guest, readonly: readonlyOf(text, options) };
}

function readonlyOf(text: string, options: string | undefined): boolean {
  let readonly = false;
  for (const option of options?.split(',') ?? []) {
    if (option === 'ro') readonly = true;
    else if (!harmless.has(option)) {
      throw usage(text, `unknown option ${JSON.stringify(option)}`, 'known ones are ro, rw, z and Z');
    }
  }
  return readonly;
}

function usage(text: string, reason: string, hint: string): UdockerError {
  return new UdockerError('USAGE', `invalid volume ${JSON.stringify(text)}: ${reason}`, { hint });
}
