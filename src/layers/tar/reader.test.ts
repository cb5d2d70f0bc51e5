/** The tar reader: the dialects it understands and the damage it reports. */

import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { gnuLong, paxItem, tar, tarItem } from '../../../test/support/tar-writer.ts';
import type { Entry } from './entry.ts';
import { TarReader } from './reader.ts';

interface Read extends Entry {
  readonly text: string;
}

/** Reads `archive` in pieces of `pieceBytes`. */
function read(archive: Buffer, pieceBytes = 1 << 20): Read[] {
  let at = 0;
  const reader = new TarReader({
    next: () => {
      if (at >= archive.length) return undefined;
      at += pieceBytes;
      return Buffer.from(archive.subarray(at - pieceBytes, at));
    },
  });
  const entries: Read[] = [];
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
    let text = '';
    reader.body((chunk, start, end) => {
      text += chunk.toString('latin1', start, end);
    });
    entries.push({ ...entry, text });
  }
  expect(reader.position).toBe(archive.length);
  return entries;
}

const one = (archive: Buffer): Read => {
  const entries = read(archive);
  expect(entries).toHaveLength(1);
  return entries[0] as Read;
};

test('reads the same whatever the pieces', () => {
  const long = 'x'.repeat(3000);
  const archive = tar(
    { name: 'a', content: long },
    { name: 'b', content: 'b', pax: [['path', 'renamed']] },
    { name: 'c', content: '' },
  );
  for (const pieceBytes of [1, 7, 511, 512, 513, 4096]) {
    expect(read(archive, pieceBytes).map(({ name, text }) => [name, text])).toEqual([
      ['a', long],
      ['renamed', 'b'],
      ['c', ''],
    ]);
  }
});

test('v7: no magic, a directory by its slash', () => {
  const [directory, file] = read(
    tar(
      { name: 'd/', type: '\0', format: 'v7' },
      { name: 'f', type: '\0', format: 'v7', content: 'f', prefix: 'no' },
    ),
  );
  expect(directory).toMatchObject({ kind: 'directory', name: 'd/' });
  expect(file).toMatchObject({ kind: 'file', name: 'f', text: 'f' });
});

test('ustar prefix counts with the POSIX magic only', () => {
  expect(one(tar({ name: 'name', prefix: 'pre/fix', content: '' })).name).toBe('pre/fix/name' as never);
  expect(one(tar({ name: 'name', prefix: 'junk', format: 'gnu', content: '' })).name).toBe('name' as never);
});

test('a name that fills its field has no NUL', () => {
  expect(one(tar({ name: 'n'.repeat(100), content: '' })).name).toHaveLength(100);
});

test('GNU long names and link targets', () => {
  const name = `${'long/'.repeat(60)}name\xff`;
  const linkName = 't'.repeat(300);
  const archive = Buffer.concat([
    gnuLong('K', linkName),
    gnuLong('L', name),
    tar({ name: 'short', type: '2', linkName: 's' }),
  ]);
  expect(one(archive)).toMatchObject({ kind: 'symlink', name, linkName });
});

test('pax: path, linkpath, size, mtime, ids, and an empty value that takes one back', () => {
  const entry = one(
    tar({
      name: 'short',
      content: 'body',
      size: 0,
      pax: [
        ['path', 'caf\xc3\xa9/a=b\nc'],
        ['size', '4'],
        ['mtime', '1234567890.5'],
        ['uid', '3000000000'],
        ['gid', '77'],
        ['linkpath', 'x'],
        ['linkpath', ''],
      ],
    }),
  );
  expect(entry).toMatchObject({
    name: 'caf\xc3\xa9/a=b\nc',
    text: 'body',
    mtime: 1234567890.5,
    uid: 3e9,
    gid: 77,
    linkName: '',
  });
});

test('pax global records hold until overridden', () => {
  const archive = Buffer.concat([
    paxItem('g', [
      ['uid', '5'],
      ['comment', 'c'],
    ]),
    tarItem({ name: 'a', content: '' }),
    tar({ name: 'b', content: '', pax: [['uid', '6']] }, { name: 'c', content: '' }),
  ]);
  expect(read(archive).map(({ uid }) => uid)).toEqual([5, 6, 5]);
});

test('base-256 numbers, also negative', () => {
  const entry = one(
    tar({
      name: 'f',
      content: 'four',
      patch: (block) => {
        block.fill(0, 108, 116).writeUInt32BE(4_000_000_000, 112);
        block[108] = 0x80;
        block.fill(0, 124, 136)[135] = 4;
        block[124] = 0x80;
        block.fill(0xff, 136, 148)[147] = 0xf6;
      },
    }),
  );
  expect(entry).toMatchObject({ uid: 4_000_000_000, size: 4, text: 'four', mtime: -10 });
});

const damage: Record<string, readonly [Buffer, RegExp]> = {
  'a wrong checksum': [tar({ name: 'a', badChecksum: true }), /wrong checksum/],
  'something that is no tar': [Buffer.alloc(2048, 'no tar '), /wrong checksum|not a number/],
  'the end in a header': [tar({ name: 'a' }).subarray(0, 300), /ends in the middle/],
  'the end in a body': [tar({ name: 'a', content: 'x'.repeat(600) }).subarray(0, 800), /ends in the middle/],
  'the end after a pax header': [paxItem('x', [['path', 'a']]), /ends after a header/],
  'an impossible size': [
    tar({ name: 'a', patch: (block) => block.fill(0x7f, 125, 136).fill(0x80, 124, 125) }),
    /impossibly large/,
  ],
  'a negative size': [tar({ name: 'a', patch: (block) => block.fill(0xff, 124, 136) }), /negative/],
  'a size beyond the archive': [tar({ name: 'a', size: 0o77777777777 }), /ends in the middle/],
  'letters for a number': [
    tar({ name: 'a', patch: (block) => block.write('zzz', 108) }),
    /uid is not a number/,
  ],
  'an unknown type': [tar({ name: 'a', type: 'Q' }), /unknown type "Q"/],
  'a huge pax header': [tar({ name: 'p', type: 'x', size: 2 << 20 }), /header of 2097152 bytes/],
  'a pax record that does not fit': [
    tar({ name: 'p', type: 'x', content: '99 path=a\n' }, { name: 'a' }),
    /pax header is malformed/,
  ],
  'a pax record without a length': [
    tar({ name: 'p', type: 'x', content: 'path=a\n' }, { name: 'a' }),
    /pax header is malformed/,
  ],
  'a pax size that is no number': [tar({ name: 'a', pax: [['size', '-4']] }), /size is not a number/],
  'a huge uid': [tar({ name: 'a', pax: [['uid', '99999999999']] }), /uid 99999999999 is impossibly large/],
};

for (const [what, [archive, message]] of Object.entries(damage)) {
  test(`refuses ${what}`, () => {
    expect(() => read(archive)).toThrow(message);
  });
}

test('tolerates garbage after the end, a single closing block, none at all, and an empty archive', () => {
  const item = tarItem({ name: 'a', content: 'a' });
  const garbage = Buffer.alloc(5000, 'garbage');
  for (const end of [
    Buffer.concat([Buffer.alloc(1024), garbage]),
    Buffer.alloc(512),
    Buffer.alloc(0),
    Buffer.alloc(10240),
  ]) {
    expect(read(Buffer.concat([item, end])).map(({ text }) => text)).toEqual(['a']);
  }
  expect(read(item.subarray(0, 513)).map(({ text }) => text)).toEqual(['a']); // without the last padding
  expect(read(Buffer.alloc(0))).toEqual([]);
  expect(read(Buffer.alloc(1024))).toEqual([]);
});

test('bodies of entries that have none are not looked for', () => {
  const archive = tar(
    { name: 'd/', size: 1000 },
    { name: 'l', type: '1', linkName: 'x', size: 77 },
    { name: 'f', content: 'f' },
  );
  expect(read(archive).map(({ kind }) => kind)).toEqual(['directory', 'hard-link', 'file']);
});

test('a volume label is passed over, incremental directories are directories', () => {
  const archive = tar(
    { name: 'label', type: 'V' },
    { name: 'd', type: 'D', content: 'Yfile\0\0' },
    { name: 'f', content: 'f' },
  );
  expect(read(archive).map(({ kind, name }) => `${kind} ${name}`)).toEqual(['directory d', 'file f']);
});
