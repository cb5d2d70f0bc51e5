/** What the writer writes, our reader and GNU tar read. */
import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import type { ByteString } from '../../system/byte-string.ts';
import type { NewEntry } from './header-block.ts';
import { TarReader } from './reader.ts';
import { TarWriter } from './writer.ts';

const name = (text: string): ByteString => text as ByteString;
const common = { mode: 0o644, uid: 0, gid: 0, mtime: 1_000_000_000, size: 0 } as const;

function written(write: (writer: TarWriter) => void): Buffer {
  const parts: Buffer[] = [];
  const writer = new TarWriter((chunk, start, end) => parts.push(Buffer.from(chunk.subarray(start, end))));
  write(writer);
  writer.end();
  return Buffer.concat(parts);
}

function readBack(archive: Buffer) {
  const chunks = [archive];
  const reader = new TarReader({ next: () => chunks.shift() });
  const entries = [];
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
    let body = '';
    reader.body((chunk, start, end) => {
      body += chunk.toString('latin1', start, end);
    });
    entries.push({ ...entry, body });
  }
  return entries;
}

const entries: Record<string, NewEntry> = {
  file: { ...common, kind: 'file', name: name('a/b') },
  directory: { ...common, kind: 'directory', name: name('d'), mode: 0o1777 },
  'a name of 100 bytes': { ...common, kind: 'file', name: name('n'.repeat(100)) },
  'a name of 101 bytes without slashes': { ...common, kind: 'file', name: name('n'.repeat(101)) },
  'a directory of 100 bytes': { ...common, kind: 'directory', name: name('n'.repeat(100)) },
  'a name that fits with its prefix': {
    ...common,
    kind: 'file',
    name: name(`${'p'.repeat(155)}/${'n'.repeat(100)}`),
  },
  'a name that does not': { ...common, kind: 'file', name: name(`${'p'.repeat(156)}/${'n'.repeat(100)}`) },
  'a deep directory': { ...common, kind: 'directory', name: name('d/'.repeat(1000).slice(0, -1)) },
  'bytes that are no text': { ...common, kind: 'file', name: name('\xff\xfe \x01\n') },
  'long bytes that are no text': { ...common, kind: 'file', name: name('\xff\n='.repeat(99)) },
  symlink: { ...common, kind: 'symlink', name: name('l'), linkName: name('../\xe9'), mode: 0o777 },
  'a long symlink': {
    ...common,
    kind: 'symlink',
    name: name('l'),
    linkName: name('t/'.repeat(300)),
    mode: 0o777,
  },
  'hard link': { ...common, kind: 'hard-link', name: name('h'), linkName: name('a/b') },
  fifo: { ...common, kind: 'fifo', name: name('f') },
  device: { ...common, kind: 'character-device', name: name('c'), device: { major: 1, minor: 3 } },
  'large ids': { ...common, kind: 'file', name: name('u'), uid: 4_294_967_294, gid: 2_097_152 },
  'set-id bits': { ...common, kind: 'file', name: name('s'), mode: 0o6755 },
  'a time before 1970': { ...common, kind: 'file', name: name('t'), mtime: -5 },
  attributes: {
    ...common,
    kind: 'file',
    name: name('x'),
    xattrs: [
      { name: 'user.a', value: Buffer.from([0, 255, 10, 61]) },
      { name: 'security.capability', value: Buffer.alloc(90, 1) },
    ],
  },
};

for (const [what, entry] of Object.entries(entries)) {
  test(`${what} is read as it was written`, () => {
    const archive = written((writer) => writer.entry(entry));
    expect(archive.length % 10240).toBe(0);
    const [found, more] = readBack(archive);
    const { kind, mode, uid, gid, mtime, xattrs = [], linkName = name('') } = entry;
    const slash = kind === 'directory' ? '/' : '';
    expect(found).toMatchObject({
      kind,
      mode,
      uid,
      gid,
      mtime,
      xattrs,
      linkName,
      name: `${entry.name}${slash}`,
    });
    expect(more).toBeUndefined();
    const listed = execFileSync('tar', ['--quoting-style=escape', '-tf', '-'], {
      input: archive,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    expect(listed.toString().split('\n').length).toBe(2);
  });
}

test('bodies are cut and filled to the size announced', () => {
  const body = Buffer.from('0123456789');
  const archive = written((writer) => {
    writer.entry({ ...common, kind: 'file', name: name('cut'), size: 4 });
    expect(writer.body(body, 0, 10)).toBe(4);
    writer.entry({ ...common, kind: 'file', name: name('short'), size: 12 });
    expect(writer.body(body, 0, 10)).toBe(10);
    expect(writer.finishBody()).toBe(2);
    writer.file({ ...common, name: name('whole') }, body);
  });
  expect(readBack(archive).map(({ body: text }) => text)).toEqual(['0123', '0123456789\0\0', '0123456789']);
});

test('large bodies pass in pieces of any size', () => {
  const body = Buffer.alloc(3 << 20, 'abc');
  const archive = written((writer) => {
    writer.entry({ ...common, kind: 'file', name: name('large'), size: body.length });
    for (let at = 0; at < body.length; at += 70_001)
      writer.body(body, at, Math.min(at + 70_001, body.length));
    writer.file({ ...common, name: name('after') }, Buffer.from('x'));
  });
  const [large, after] = readBack(archive);
  expect(large?.body === body.toString('latin1')).toBe(true);
  expect(after?.body).toBe('x');
});
