import { expect, test } from 'bun:test';
import type { BlobEvent } from '../actions/events.ts';
import { formatBytes } from './bytes-text.ts';
import { movingProgress, plainProgress } from './progress.ts';

const blob = { work: 'download', digest: `sha256:${'ab12'.repeat(16)}`, size: 10_000_000 } as const;
const life: readonly (readonly [number, BlobEvent])[] = [
  [0, { kind: 'blob-started', ...blob }],
  [0, { kind: 'blob-progress', bytes: 0, ...blob }],
  [50, { kind: 'blob-progress', bytes: 1_000_000, ...blob }],
  [1000, { kind: 'blob-progress', bytes: 5_000_000, ...blob }],
  [2000, { kind: 'blob-done', ...blob }],
];

function recorder() {
  let text = '';
  return {
    output: {
      isTerminal: true,
      write: (more: string) => {
        text += more;
      },
    },
    text: () => text,
  };
}

test('a plain line per blob', () => {
  const { output, text } = recorder();
  const progress = plainProgress(output);
  for (const [, event] of life) progress.show(event);
  progress.show({ kind: 'blob-present', ...blob });
  expect(text()).toBe(`Info: downloading layer ${blob.digest}\nInfo: have layer ${blob.digest}\n`);
});

test('a moving line is redrawn in place, not too often, and one line stays', () => {
  const { output, text } = recorder();
  let now = 0;
  const progress = movingProgress(output, 80, () => now);
  for (const [at, event] of life) {
    now = at;
    progress.show(event);
  }
  const up = '\x1b[1A\r\x1b[J';
  expect(text()).toBe(
    `ab12ab12ab12  downloading  [                ]   0%     0 B of 10.0 MB          \n` +
      `${up}ab12ab12ab12  downloading  [========        ]  50% 5.00 MB of 10.0 MB 5.00 MB/s\n` +
      `${up}ab12ab12ab12  downloaded 10.0 MB  5.00 MB/s\n`,
  );
});

test('the rate of a continued download is that of what came now', () => {
  const { output, text } = recorder();
  let now = 0;
  const progress = movingProgress(output, 80, () => now);
  progress.show({ kind: 'blob-started', ...blob });
  progress.show({ kind: 'blob-progress', bytes: 8_000_000, ...blob });
  now = 1000;
  progress.show({ kind: 'blob-done', ...blob });
  expect(text()).toEndWith('downloaded 10.0 MB  2.00 MB/s\n');
});

test('no moving line is wider than the terminal', () => {
  const { output, text } = recorder();
  let now = 0;
  const progress = movingProgress(output, 40, () => now);
  for (const [at, event] of life.slice(0, 4)) {
    now = at;
    progress.show(event);
  }
  for (const line of text().split('\n'))
    expect(line.replace(/\x1b\[\d*[A-Z]|\r/g, '').length).toBeLessThan(40);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [999_600, '1.00 MB'],
  [12_345_678, '12.3 MB'],
  [123_456_789, '123 MB'],
  [5e12, '5.00 TB'],
])('%d bytes', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
