/** `-p [ADDRESS:][HOST:]CONTAINER[/PROTOCOL]`, where HOST and CONTAINER may be ranges of the same length. */
import { UdockerError } from '../errors.ts';

export interface PublishRequest {
  /** Host address asked for; undefined for all. */
  readonly address?: string;
  /** First host port; undefined for any free one. */
  readonly host?: number;
  readonly guest: number;
  readonly protocol: 'tcp' | 'udp';
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Parses one mapping into one request per port. Throws USAGE. */
export function parsePublish(text: string): PublishRequest[] {
  const match = /^(?:(?:(\[[^\]]+\]|[^:[\]]+):)?([\d-]*):)?([\d-]+)(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) throw usage(text, 'it does not read as ports');
  const [, address, hostText, guestText = '', protocol] = match;
  const guest = range(text, guestText);
  const host = hostText === undefined || hostText === '' ? undefined : range(text, hostText);
  if (host !== undefined && host.last - host.first !== guest.last - guest.first) {
    throw usage(text, 'the two ranges differ in length');
  }
  return Array.from({ length: guest.last - guest.first + 1 }, (_, index) => ({
    ...(address === undefined ? {} : { address }),
    ...(host === undefined ? {} : { host: host.first + index }),
    guest: guest.first + index,
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
  }));
}

/** Parses a port of an image's ExposedPorts, `80` or `53/udp`; undefined when it is none. */
export function parseExposedPort(text: string): PublishRequest | undefined {
  const match = /^(\d+)(?:\/(tcp|udp))?$/.exec(text);
  const guest = Number(match?.[1]);
  if (match === null || guest < 1 || guest > 65535) return undefined;
  return { guest, protocol: match[2] === 'udp' ? 'udp' : 'tcp' };
}

function range(text: string, part: string): Range {
  const match = /^(\d+)(?:-(\d+))?$/.exec(part);
  const first = Number(match?.[1]);
  const last = match?.[2] === undefined ? first : Number(match[2]);
  if (match === null || last < first) throw usage(text, `${JSON.stringify(part)} is not a port or a range`);
  if (first < 1 || last > 65535) throw usage(text, `ports are 1 to 65535, not ${part}`);
  return { first, last };
}

function usage(text: string, reason: string): UdockerError {
  return new UdockerError('USAGE', `invalid port mapping ${JSON.stringify(text)}: ${reason}`, {
    hint: 'write HOST_PORT:CONTAINER_PORT, for example -p 8080:80 or -p 5353:53/udp',
  });
}
