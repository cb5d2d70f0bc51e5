/** Layers in threads: the same result as without, bounded memory, errors and cancellation. */

import { expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { Sandbox } from '../../../test/support/extraction.ts';
import { type Item, tar } from '../../../test/support/tar-writer.ts';
import { applyLayers } from '../apply-layers.ts';
import type { LayerEvent } from '../layer.ts';
import { Ring, slotBytes } from './ring.ts';

const layer = (index: number): Buffer => {
  const items: Item[] = Array.from({ length: 40 }, (_, at) => ({
    name: `d${at % 7}/f${(at * (index + 3)) % 90}`,
    content: `${index}:`.repeat(20_000 + at * 100),
    uid: index,
  }));
  const whiteout = { name: `d${index % 7}/.wh.f${(index * 11) % 90}` };
  return gzipSync(tar(whiteout, ...items), { level: 1 });
};

test('ten layers in threads give the tree that they give without', async () => {
  const layers = Array.from({ length: 10 }, (_, index) => layer(index));
  using inline = new Sandbox();
  using threads = new Sandbox();
  using streams = new Sandbox();
  const report = await inline.apply(layers, { work: 'inline' });
  const events: LayerEvent[] = [];
  expect(await threads.apply(layers, { work: 'threads', report: (event) => events.push(event) })).toEqual(
    report,
  );
  expect(await streams.apply(layers, { method: 'streams' })).toEqual(report);
  expect(threads.tree()).toEqual(inline.tree());
  expect(streams.tree()).toEqual(inline.tree());
  expect(threads.owners()).toEqual(inline.owners());
  const finished = events.flatMap((event) => (event.kind === 'layer-finished' ? [event.index] : []));
  expect(finished).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('no layers at all make an empty root', async () => {
  using box = new Sandbox();
  expect(await box.apply([], { work: 'threads' })).toMatchObject({ layers: 0, entries: 0 });
  expect(box.owners()).toEqual({});
});

test('the lowest bad layer is the error, whatever the threads are doing', async () => {
  const layers = Array.from({ length: 8 }, (_, index) =>
    index >= 3 ? Buffer.from('not a layer'.repeat(99)) : layer(index),
  );
  using box = new Sandbox();
  await expect(box.apply(layers, { work: 'threads' })).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringMatching(/blob-4: wrong checksum in a tar header/),
  });
});

test('damage found by a decompressing thread ends all threads', async () => {
  using box = new Sandbox();
  const layers = [layer(0), layer(1).subarray(0, -20), layer(2)];
  const made = box.apply(layers, { work: 'threads' });
  await expect(made).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringContaining('ends too early'),
  });
});

test('an aborted signal stops the work', async () => {
  const layers = Array.from({ length: 6 }, (_, index) => layer(index));
  using box = new Sandbox();
  const stop = new AbortController();
  const made = box.apply(layers, {
    work: 'threads',
    signal: stop.signal,
    report: (event) => {
      if (event.kind === 'layer-finished' && event.index === 1) stop.abort();
    },
  });
  await expect(made).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await expect(box.apply(layers, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});

test('memory is bounded by the rings, not by the layer', async () => {
  using box = new Sandbox();
  const zeros = Buffer.concat(new Array(8).fill(gzipSync(Buffer.alloc(64 << 20), { level: 1 })));
  const blob = Buffer.concat([gzipSync(tar({ name: 'f', content: 'f' })), zeros]); // read, as garbage after the end
  const before = process.memoryUsage.rss();
  await applyLayers({
    layers: [box.blob(blob)],
    root: box.root,
    ownersFile: box.ownersFile,
    work: 'threads',
  });
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20);
});

test('a full ring makes the producer wait; a cancelled one lets it go', () => {
  let cancelled = false;
  const memory = Ring.memory(2);
  const producer = new Ring(memory, () => cancelled);
  const consumer = new Ring(memory, () => cancelled);
  for (const letter of 'ab') {
    producer.reserve().fill(letter);
    producer.commit(slotBytes);
  }
  cancelled = true;
  expect(() => producer.reserve()).toThrow(/cancelled/);
  cancelled = false;
  expect(consumer.next()?.toString('latin1', 0, 2)).toBe('aa');
  expect(consumer.next()?.toString('latin1', 0, 2)).toBe('bb');
  producer.reserve();
  producer.commit(0);
  expect(consumer.next()).toBeUndefined();
  producer.fail(Object.assign(new Error('disk'), { code: 'EIO' }));
  expect(() => consumer.next()).toThrow(/disk/);
});
