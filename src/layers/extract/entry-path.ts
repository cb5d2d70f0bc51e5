/**
 * Names in an archive made into paths below the root. What climbs out of the root is refused rather than bent into
 * it, as Docker does: such an archive is an attack or damage.
 */
import type { ByteString } from '../../system/byte-string.ts';
import { invalid } from '../tar/fault.ts';

/** The empty path: the root itself. */
export const rootPath = '' as ByteString;

/**
 * `name` without leading and doubled slashes, `.` and `..`; relative, '' for the root. Throws INVALID when it climbs
 * above the root.
 */
export function entryPath(name: ByteString): ByteString {
  if (!needsWork.test(name)) return name;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw invalid('its name climbs out of the root');
  }
  return parts.join('/') as ByteString;
}

/** The directory that holds `path`; '' for the root. */
export function parentPath(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  return (slash < 0 ? '' : path.slice(0, slash)) as ByteString;
}

/** The last component of `path`. */
export function lastName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1) as ByteString;
}

/** `name` inside the directory `parent`. */
export function inside(parent: ByteString, name: ByteString): ByteString {
  return (parent === '' ? name : `${parent}/${name}`) as ByteString;
}

const needsWork = /^\/|\/\/|\/$|(^|\/)\.\.?(\/|$)|^$/;
