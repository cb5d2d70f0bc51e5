/** Files with holes as GNU tar writes them, in its four formats, and damaged maps. */

import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../../../test/support/extraction.ts';
import { tar } from '../../../test/support/tar-writer.ts';

const formats = [
  ['--format=gnu'],
  ...['0.0', '0.1', '1.0'].map((v) => ['--format=posix', `--sparse-version=${v}`]),
];

function makeSparse(path: string, pieces: number): void {
  const fd = fs.openSync(path, 'w');
  for (let at = 0; at < pieces; at++)
    fs.writeSync(fd, Buffer.alloc(700, `piece ${at} `), 0, 700, at * 65536 + 300);
  fs.ftruncateSync(fd, pieces * 65536 + 1_000_000);
  fs.closeSync(fd);
}

for (const options of formats) {
  test(`tar --sparse ${options.join(' ')}`, async () => {
    using box = new Sandbox();
    const source = join(box.path, 'source');
    fs.mkdirSync(source);
    makeSparse(join(source, 'few'), 3);
    makeSparse(join(source, 'many'), 60);
    makeSparse(join(source, 'hole'), 0);
    fs.writeFileSync(join(source, 'plain'), 'plain');
    const made = spawnSync(
      'tar',
      ['--sparse', ...options, '-cf', '-', '-C', source, 'few', 'many', 'hole', 'plain'],
      { maxBuffer: 1 << 26 },
    );
    if (made.error !== undefined) return console.warn('skipped: there is no GNU tar here');
    await box.apply([made.stdout]);
    for (const name of ['few', 'many', 'hole', 'plain']) {
      const [ours, theirs] = [join(box.root, name), join(source, name)];
      expect(fs.readFileSync(ours).equals(fs.readFileSync(theirs))).toBe(true);
      expect(fs.statSync(ours).blocks).toBeLessThanOrEqual(fs.statSync(theirs).blocks + 16);
    }
  });
}

const maps: Record<string, string> = {
  'segments that overlap': '0,10,5,10',
  'segments out of order': '50,1,10,1',
  'a segment beyond the file': '90,20',
  'an odd number': '0,10,20',
  'more data than stored': '0,100',
  'words that are no numbers': 'x,y',
};

for (const [what, map] of Object.entries(maps)) {
  test(`refuses a map with ${what}`, async () => {
    using box = new Sandbox();
    const pax = [
      ['GNU.sparse.size', '100'],
      ['GNU.sparse.map', map],
    ] as const;
    await expect(box.apply([tar({ name: 'f', content: 'data', pax })])).rejects.toMatchObject({
      code: 'INVALID',
    });
  });
}

for (const content of ['x\n', '99999999\n', '1\n0\n', `${'1'.repeat(600)}\n`, '']) {
  test(`refuses a map in front of the data: ${JSON.stringify(content.slice(0, 12))}`, async () => {
    using box = new Sandbox();
    const pax = [
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.realsize', '100'],
    ] as const;
    await expect(box.apply([tar({ name: 'f', content, pax })])).rejects.toMatchObject({ code: 'INVALID' });
  });
}
