/** `-u NAME|UID[:GROUP|GID]`. */
import { UdockerError } from '../errors.ts';

/** A user and a group by name or number; what they are is looked up later, inside the container. */
export interface UserRequest {
  readonly user: Who;
  readonly group?: Who;
}
export type Who =
  | { readonly kind: 'id'; readonly id: number }
  | { readonly kind: 'name'; readonly name: string };

/** The largest id; 2^32-1 means "no id" to the kernel. */
const maxId = 0xffff_fffe;

/** Parses a user. Throws USAGE for empty parts, blanks, several colons or a number out of range. */
export function parseUser(text: string): UserRequest {
  const [user = '', group, ...rest] = text.split(':');
  if (rest.length > 0) throw usage(text, 'more than one colon');
  return { user: who(text, user), ...(group === undefined ? {} : { group: who(text, group) }) };
}

function who(text: string, word: string): Who {
  if (/^\d+$/.test(word)) {
    const id = Number(word);
    if (id > maxId) throw usage(text, `${word} is beyond the largest id, ${maxId}`);
    return { kind: 'id', id };
  }
  if (!/^[^\s:/]+$/.test(word)) throw usage(text, `${JSON.stringify(word)} is neither a name nor a number`);
  return { kind: 'name', name: word };
}

function usage(text: string, reason: string): UdockerError {
  return new UdockerError('USAGE', `invalid user ${JSON.stringify(text)}: ${reason}`, {
    hint: 'write a name, a number, or either with a group: www-data, 1000, 1000:1000, 1000:users',
  });
}
