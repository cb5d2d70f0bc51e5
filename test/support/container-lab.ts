/** A container in which everything is that makes copying hard, for tests of clone, export and import. */
import { expect } from 'bun:test';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { busyboxLayer, dockerItems } from './archives.ts';
import type { Lab } from './lab.ts';
import { tar } from './tar-writer.ts';

/** Prints one line for all there is to know of each file, inside a container; what differs by nature is left out. */
const listing = `find / -xdev -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -path /etc -prune -o -print | sort | while read -r f; do
  stat -c '%n %a %u:%g %F %h %s %t,%T %Y' "$f"; done; cat /w/locked/secret /w/text`;

const changes = `cd /w && chown 5:6 text && chmod 4751 text && ln text again && ln -s text soft && chown -h 9:9 soft &&
  mkdir -p locked/in && echo s > locked/secret && chmod 000 locked/secret && chown 7:8 locked && chmod 0 locked &&
  mknod zero c 1 5 && mkfifo fifo && chown 33:33 listed && chmod g+s /w/in && touch -d '2001-02-03 04:05:06' text`;

/** Makes the container `name`; its files are changed by a program in mode N1, where the owners are the engine's. */
export async function makeContainer(lab: Lab, name: string): Promise<void> {
  const layers = [
    busyboxLayer(
      { name: 'w/', uid: 3, gid: 4 },
      { name: 'w/text', content: 'text\n' },
      { name: 'w/in/' },
      { name: 'w/listed', uid: 1000, gid: 1001, mode: 0o640 },
      { name: 'w/suid', mode: 0o6755 },
      { name: 'long/', pax: [['path', `w/${'long'.repeat(30)}/`]] },
      { name: 'x', content: 'x', pax: [['path', `w/${'long'.repeat(30)}/${'name'.repeat(40)}`]] },
      { name: 'w/\xff\xfe', content: 'not UTF-8' },
      { name: 'w/attributes', pax: [['SCHILY.xattr.user.a', '\x00\xffb']] },
    ),
  ];
  const archive = tar(...dockerItems({ tags: [`lab/${name}:1`], layers }));
  const steps = [
    await lab.udocker(['-q', 'load'], { stdin: archive }),
    await lab.udocker(['-q', 'create', `--name=${name}`, `lab/${name}:1`]),
    await lab.udocker(['-q', 'run', '--execmode=N1', name, 'sh', '-ec', changes]),
    // Holes, where busybox has no program for them.
    await lab.run(['truncate', '-s', '30M', join(rootOf(lab, name), 'w/sparse')]),
    await lab.run([
      'dd',
      'if=/dev/zero',
      `of=${rootOf(lab, name)}/w/sparse`,
      'bs=4096',
      'seek=2000',
      'count=3',
      'conv=notrunc',
    ]),
  ];
  for (const { status, stderr } of steps) expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
}

export function rootOf(lab: Lab, name: string): string {
  return join(lab.home, '.udocker/containers', name, 'ROOT');
}

/** What a program in the container sees of all its files. */
export async function seenIn(lab: Lab, name: string): Promise<string> {
  const { status, stdout, stderr } = await lab.udocker([
    '-q',
    'run',
    '--execmode=N1',
    name,
    'sh',
    '-c',
    listing,
  ]);
  expect([status, stderr]).toEqual([0, '']);
  return Buffer.from(stdout).toString();
}
