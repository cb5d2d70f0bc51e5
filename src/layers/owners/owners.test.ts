/** The list of owners and the engine's table, each in bytes that could have come from the other program. */
import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import type { ByteString } from '../../system/byte-string.ts';
import { formatOwners, type Ownership, parseOwners } from './list.ts';
import { parseOwnersTable } from './table.ts';

const path = (text: string): ByteString => text as ByteString;

test('a list is read as it was written, names of any bytes and devices included', () => {
  const owners: [ByteString, Ownership][] = [
    [path('etc/shadow'), { uid: 0, gid: 42, mode: 0o100640 }],
    [path('\xff\n'), { uid: 4_294_967_294, gid: 1, mode: 0o120777 }],
    [path('dev/null'), { uid: 0, gid: 0, mode: 0o020666, device: { major: 1, minor: 3 } }],
    [path(''), { uid: 5, gid: 6, mode: 0o040755 }],
  ];
  expect([...parseOwners(formatOwners(owners))]).toEqual(owners);
});

test('later records win, and what is malformed ends the list', () => {
  const text =
    'udocker-owners-1\0/a\x001\x002\x00100644\0\0/a\x003\x004\x00100600\0\0/b\0x\x002\x00100644\0\0/c\x001\x001\x00100644\0\0';
  expect([...parseOwners(Buffer.from(text))]).toEqual([[path('a'), { uid: 3, gid: 4, mode: 0o100600 }]]);
  expect(parseOwners(Buffer.from('something else')).size).toBe(0);
  expect(parseOwners(new Uint8Array()).size).toBe(0);
});

const bits = 11;
const root = { inode: 2n, birth: 77n };

function table(
  records: readonly (readonly [inode: bigint, device: number, mode: number, rdev: number])[],
): Buffer {
  const index = 4096;
  const start = index + 8 * 2 ** bits;
  const bytes = Buffer.alloc(start + 56 * 2 ** (bits - 1));
  bytes.writeBigUInt64LE(0x3172_656e_776f_6475n, 0);
  bytes.writeUInt32LE(bits, 8);
  bytes.writeUInt32LE(2 ** (bits - 1), 12);
  for (const [at, value] of [root.inode, root.birth, 10n, 11n, 12n].entries())
    bytes.writeBigUInt64LE(value, 56 + 8 * at);
  records.forEach(([inode, device, mode, rdev], at) => {
    bytes.writeUInt32LE(at + 1, index + 8 * (5 + at));
    const record = start + 56 * (at + 1);
    bytes.writeBigUInt64LE(inode, record);
    bytes.writeBigUInt64LE(5n, record + 8);
    for (const [field, value] of [device, 100, 200, mode, rdev].entries())
      bytes.writeUInt32LE(value, record + 16 + 4 * field);
  });
  return bytes;
}

test('records are found by inode and birth, on the device of the root', () => {
  const found = parseOwnersTable(
    table([
      [7n, 0, 0, 0],
      [8n, 9, 0, 0],
      [9n, 0, 0o020600, 0x1230_50ab],
    ]),
    root,
  );
  expect(found?.list).toEqual([10n, 11n, 12n]);
  expect(found?.find({ inode: 7n, birth: 5n })).toMatchObject({ uid: 100, gid: 200, mode: 0 });
  expect(found?.find({ inode: 7n, birth: 6n })).toBeUndefined();
  expect(found?.find({ inode: 8n, birth: 5n })).toBeUndefined();
  expect(found?.find({ inode: 9n, birth: 5n })).toMatchObject({ device: { major: 0x50, minor: 0x123ab } });
});

test('the table of another tree, another program or another time is none', () => {
  const bytes = table([]);
  expect(parseOwnersTable(bytes, { ...root, birth: 78n })).toBeUndefined();
  expect(parseOwnersTable(bytes, { ...root, inode: 3n })).toBeUndefined();
  expect(parseOwnersTable(bytes.subarray(0, 8192), root)).toBeUndefined();
  expect(parseOwnersTable(Buffer.alloc(100_000), root)).toBeUndefined();
});
