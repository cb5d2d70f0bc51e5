import { expect, test } from 'bun:test';
import { memoryFiles } from '../../test/support/memory-files.ts';
import { guestPath, hostPath } from '../paths.ts';
import { type GuestTree, resolveGuestPath } from './guest-path.ts';

const tree: GuestTree = {
  root: hostPath('/c/ROOT'),
  mounts: [
    { source: hostPath('/data'), target: guestPath('/mnt/data') },
    { source: hostPath('/data/inner'), target: guestPath('/mnt/data/deep') },
    { source: hostPath('/host/resolv'), target: guestPath('/etc/resolv.conf') },
  ],
  files: memoryFiles({
    '/c/ROOT/usr/bin/sh': { kind: 'file', content: '' },
    '/c/ROOT/bin': { kind: 'symlink', to: 'usr/bin' },
    '/c/ROOT/abs': { kind: 'symlink', to: '/usr/bin/sh' },
    '/c/ROOT/up': { kind: 'symlink', to: '../../../../usr' },
    '/c/ROOT/loop': { kind: 'symlink', to: '/loop' },
    '/c/ROOT/host': { kind: 'symlink', to: '/etc/shadow' },
    '/c/ROOT/var/run': { kind: 'symlink', to: '/run' },
    '/c/ROOT/etc/resolv.conf': { kind: 'symlink', to: '/run/resolv.conf' },
    '/c/ROOT/mnt/data/covered': { kind: 'file', content: '' },
    '/etc/shadow': { kind: 'file', content: 'secret' },
    '/data/file': { kind: 'file', content: '' },
    '/data/back': { kind: 'symlink', to: '/usr/bin/sh' },
    '/data/inner/x': { kind: 'file', content: '' },
    '/host/resolv': { kind: 'file', content: '' },
  }),
};

test.each([
  ['/usr/bin/sh', 'found', '/usr/bin/sh', '/c/ROOT/usr/bin/sh'],
  ['bin/sh', 'found', '/usr/bin/sh', '/c/ROOT/usr/bin/sh'],
  ['/abs', 'found', '/usr/bin/sh', '/c/ROOT/usr/bin/sh'],
  ['/up/bin', 'found', '/usr/bin', '/c/ROOT/usr/bin'],
  ['/../../etc/shadow', 'missing', '/etc/shadow', '/c/ROOT/etc/shadow'],
  ['/host', 'missing', '/etc/shadow', '/c/ROOT/etc/shadow'],
  ['/var/run/new/dir', 'missing', '/run/new/dir', '/c/ROOT/run/new/dir'],
  ['/mnt/data/file', 'found', '/mnt/data/file', '/data/file'],
  ['/mnt/data/covered', 'missing', '/mnt/data/covered', '/data/covered'],
  ['/mnt/data/back', 'found', '/usr/bin/sh', '/c/ROOT/usr/bin/sh'],
  ['/mnt/data/deep/x', 'found', '/mnt/data/deep/x', '/data/inner/x'],
  ['/mnt/data/..', 'found', '/mnt', '/c/ROOT/mnt'],
  ['/etc/resolv.conf', 'found', '/etc/resolv.conf', '/host/resolv'],
  ['/', 'found', '/', '/c/ROOT'],
])('%s is %s at %s', (path, kind, guest, host) => {
  expect(resolveGuestPath(tree, path) as unknown).toMatchObject({ kind, guest, host });
});

test('a loop of symlinks ends', () => {
  expect(resolveGuestPath(tree, '/loop').kind).toBe('loop');
});
