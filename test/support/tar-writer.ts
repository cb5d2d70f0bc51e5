/** Writes tar archives byte by byte, honest and hostile ones, so that tests control every field. */
import { Buffer } from 'node:buffer';

export interface Item {
  /** One byte per character. */
  readonly name: string;
  /** Type flag; default '0', or '5' for a name ending in a slash. */
  readonly type?: string;
  readonly content?: string | Buffer;
  readonly linkName?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  /** pax records in front of the header. */
  readonly pax?: readonly (readonly [string, string])[];
  /** Magic: POSIX (default), GNU, or none as in v7. */
  readonly format?: 'posix' | 'gnu' | 'v7';
  readonly prefix?: string;
  /** What the size field says, if not the truth. */
  readonly size?: number;
  /** Last changes to the header block, before its checksum. */
  readonly patch?: (block: Buffer) => void;
  /** Spoils the checksum. */
  readonly badChecksum?: boolean;
}

/** An archive of `items` with its two closing blocks. */
export function tar(...items: readonly Item[]): Buffer {
  return Buffer.concat([...items.map(tarItem), Buffer.alloc(1024)]);
}

/** The bytes of one item: its pax header, header, body and padding. */
export function tarItem(item: Item): Buffer {
  const body =
    typeof item.content === 'string'
      ? Buffer.from(item.content, 'latin1')
      : (item.content ?? Buffer.alloc(0));
  const parts = [header(item, item.size ?? body.length), padded(body)];
  return Buffer.concat(item.pax === undefined ? parts : [paxItem('x', item.pax), ...parts]);
}

/** A pax header: `x` for the next entry, `g` for all that follow. */
export function paxItem(type: 'x' | 'g', records: readonly (readonly [string, string])[]): Buffer {
  return tarItem({ name: 'PaxHeaders/0', type, content: Buffer.concat(records.map(paxRecord)) });
}

/** A GNU long name (`L`) or long link target (`K`) for the next entry. */
export function gnuLong(type: 'L' | 'K', value: string): Buffer {
  return tarItem({
    name: '././@LongLink',
    type,
    content: Buffer.from(`${value}\0`, 'latin1'),
    format: 'gnu',
  });
}

function paxRecord([key, value]: readonly [string, string]): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`, 'latin1');
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function header(item: Item, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(item.name.slice(0, 100), 0, 'latin1');
  const directory = (item.type ?? (item.name.endsWith('/') ? '5' : '0')) === '5';
  octal(block, 100, 8, item.mode ?? (directory ? 0o755 : 0o644));
  octal(block, 108, 8, item.uid ?? 0);
  octal(block, 116, 8, item.gid ?? 0);
  octal(block, 124, 12, size);
  octal(block, 136, 12, item.mtime ?? 1_000_000_000);
  block.write(item.type ?? (directory ? '5' : '0'), 156, 'latin1');
  block.write((item.linkName ?? '').slice(0, 100), 157, 'latin1');
  if (item.format === 'gnu') block.write('ustar  \0', 257, 'latin1');
  else if (item.format !== 'v7') block.write('ustar\x0000', 257, 'latin1');
  if (item.prefix !== undefined) block.write(item.prefix, 345, 'latin1');
  item.patch?.(block);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, item.badChecksum === true ? 1 : 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function octal(block: Buffer, offset: number, length: number, value: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), offset, 'latin1');
}

function padded(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}
