/** `--device HOST[:CONTAINER[:rwm]]`. */
import { UdockerError } from '../errors.ts';
import { type GuestPath, guestPath, type HostPath, hostPath } from '../paths.ts';

export interface DeviceRequest {
  readonly source: HostPath;
  readonly target: GuestPath;
}

/**
 * Parses one device. The permissions are checked and then left to the host's own: an unprivileged tool can
 * neither widen nor narrow them. Throws USAGE.
 */
export function parseDevice(text: string): DeviceRequest {
  const [source = '', second, third, ...rest] = text.split(':');
  const isPermissions = second !== undefined && !second.startsWith('/');
  const target = second === undefined || isPermissions ? source : second;
  const permissions = isPermissions ? second : (third ?? 'rwm');
  if (rest.length > 0 || (isPermissions && third !== undefined)) throw usage(text, 'too many colons');
  if (!source.startsWith('/dev/') || !hostPath(source).startsWith('/dev/'))
    throw usage(text, 'a device is a path below /dev');
  if (!/^[rwm]{1,3}$/.test(permissions)) throw usage(text, 'permissions are made of r, w and m');
  return { source: hostPath(source), target: guestPath(target) };
}

function usage(text: string, reason: string): UdockerError {
  return new UdockerError('USAGE', `invalid device ${JSON.stringify(text)}: ${reason}`, {
    hint: 'write for example --device=/dev/dri/card0 or --device=/dev/sda:/dev/xvda:r',
  });
}
