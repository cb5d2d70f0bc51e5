/** Which port of the container is reached by which port of the host. */
import { UdockerError } from '../errors.ts';
import type { RunHost } from './facts.ts';
import { type PublishRequest, parseExposedPort } from './parse-publish.ts';
import type { RunRequest } from './request.ts';
import type { PortMapping } from './run-spec.ts';

/**
 * The mappings asked for; a missing host port becomes any free one, which is told through `note`.
 * Throws CONFLICT when one host port is given to two ports of the container.
 */
export function makePorts(
  request: RunRequest,
  exposed: readonly string[],
  host: RunHost,
  note: (text: string) => void,
): PortMapping[] {
  const all = request.publishAll ? exposed.flatMap((text) => parseExposedPort(text) ?? []) : [];
  const listed = [...request.publish, ...all.filter((port) => !request.publish.some(samePort(port)))];
  const ports = listed.map((publish) => mapping(publish, host, note));
  for (const [index, port] of ports.entries()) {
    const rival = ports
      .slice(0, index)
      .find((other) => other.host === port.host && other.protocol === port.protocol);
    if (rival === undefined || rival.guest === port.guest) continue;
    throw new UdockerError(
      'CONFLICT',
      `host port ${port.host} is published for ${rival.guest} and ${port.guest}`,
    );
  }
  return ports;
}

function samePort(a: PublishRequest): (b: PublishRequest) => boolean {
  return (b) => a.guest === b.guest && a.protocol === b.protocol;
}

function mapping(publish: PublishRequest, host: RunHost, note: (text: string) => void): PortMapping {
  const { guest, protocol, address } = publish;
  if (address !== undefined && address !== '0.0.0.0' && address !== '[::]') {
    note(`--publish: the program itself decides on which addresses it listens; ${address} is not enforced`);
  }
  if (publish.host !== undefined) return { host: publish.host, guest, protocol };
  const free = host.freePort(protocol);
  if (free === undefined) throw new UdockerError('UNSUPPORTED', `no free ${protocol} port for port ${guest}`);
  note(`port ${guest}/${protocol} of the container is port ${free} of this host`);
  return { host: free, guest, protocol };
}
