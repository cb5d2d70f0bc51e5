/**
 * The list of owners beside a container's root: what the disk cannot hold for an unprivileged user, by guest path. The
 * native engine takes it over into its table. Five NUL-terminated fields a file: path, uid, gid, octal mode with type
 * bits, `major:minor` of a device or nothing. Later records win.
 */
import { Buffer } from 'node:buffer';
import { type ByteString, bytesOf } from '../../system/byte-string.ts';

export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  /** With type bits. */
  readonly mode: number;
  readonly device?: { readonly major: number; readonly minor: number };
}

const header = 'udocker-owners-1\0';

/** The file for these paths, which are relative to the root. */
export function formatOwners(owners: Iterable<readonly [path: ByteString, owner: Ownership]>): Buffer {
  const parts: Buffer[] = [Buffer.from(header)];
  for (const [path, { uid, gid, mode, device }] of owners) {
    const numbers = device === undefined ? '' : `${device.major}:${device.minor}`;
    const fields = `\0${uid}\0${gid}\0${mode.toString(8)}\0${numbers}\0`;
    parts.push(Buffer.of(0x2f), bytesOf(path), Buffer.from(fields));
  }
  return Buffer.concat(parts);
}

/** Owners by path relative to the root, from the bytes of such a file. What is malformed ends the list. */
export function parseOwners(bytes: Uint8Array): Map<ByteString, Ownership> {
  const owners = new Map<ByteString, Ownership>();
  const fields = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').split('\0');
  if (fields[0] !== header.slice(0, -1)) return owners;
  for (let at = 1; at + 5 < fields.length; at += 5) {
    const [path = '', uid = '', gid = '', mode = '', numbers = ''] = fields.slice(at, at + 5);
    if (!path.startsWith('/') || !/^[0-9]+ [0-9]+ [0-7]+$/.test(`${uid} ${gid} ${mode}`)) break;
    const device = /^([0-9]+):([0-9]+)$/.exec(numbers);
    owners.set(path.slice(1) as ByteString, {
      uid: Number(uid),
      gid: Number(gid),
      mode: Number.parseInt(mode, 8),
      ...(device === null ? {} : { device: { major: Number(device[1]), minor: Number(device[2]) } }),
    });
  }
  return owners;
}
