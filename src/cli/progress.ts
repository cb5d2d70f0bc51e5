/**
 * Progress of blobs. On a terminal one line per blob that is being worked on, redrawn in place, and a line that
 * stays when it is done; elsewhere one plain line per blob. Loaded only when a blob is worked on.
 *
 * Why our own: the npm progress bars bring timers, colours and a redirected stdout; this needs four escape
 * sequences.
 */
import type { BlobEvent } from '../actions/events.ts';
import { formatBytes } from './bytes-text.ts';
import type { Output } from './console.ts';

export interface Progress {
  show(event: BlobEvent): void;
  /** Removes what is not meant to stay; call before anything else is written to the same output. */
  clear(): void;
}

/** What is done to a blob, while it is done and afterwards. */
const words = {
  download: ['downloading', 'downloaded'],
  extract: ['extracting', 'extracted'],
  verify: ['verifying', 'verified'],
} as const;
const widest = Math.max(...Object.values(words).map(([doing]) => doing.length));

/** One line per blob, for logs. */
export function plainProgress(output: Output): Progress {
  return {
    show: (event) => {
      if (event.kind === 'blob-started')
        output.write(`Info: ${words[event.work][0]} layer ${event.digest}\n`);
      if (event.kind === 'blob-present') output.write(`Info: have layer ${event.digest}\n`);
    },
    clear: () => {},
  };
}

interface Active {
  readonly event: BlobEvent;
  readonly startedAt: number;
  bytes: number;
  /** What an earlier attempt had brought: not part of the rate. Told by the first progress of a download. */
  base: number | undefined;
}

/** Oftener than this nobody can read it. */
const redrawMs = 100;

/** Lines that move. `now` gives milliseconds; `columns` is the terminal's width. */
export function movingProgress(output: Output, columns: number, now: () => number): Progress {
  const active = new Map<string, Active>();
  let drawn = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const erase = (): string => (drawn === 0 ? '' : `\x1b[${drawn}A\r\x1b[J`);
  const clear = (): void => {
    output.write(erase());
    drawn = 0;
  };
  const draw = (finished: string): void => {
    const lines = [...active.values()].map((one) => activeLine(one, columns, now()));
    output.write(`${erase()}${finished}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
    drawnAt = now();
  };
  const show = (event: BlobEvent): void => {
    const key = `${event.work} ${event.digest}`;
    const one = active.get(key);
    switch (event.kind) {
      case 'blob-present':
        draw(`${shortDigest(event.digest)}  already here\n`);
        break;
      case 'blob-started':
        active.set(key, {
          event,
          startedAt: now(),
          bytes: 0,
          base: event.work === 'download' ? undefined : 0,
        });
        draw('');
        break;
      case 'blob-progress':
        if (one !== undefined) {
          one.base ??= event.bytes;
          one.bytes = event.bytes;
        }
        if (now() - drawnAt >= redrawMs) draw('');
        break;
      case 'blob-done':
        active.delete(key);
        draw(`${doneLine(event, one, now())}\n`);
    }
  };
  return { show, clear };
}

function activeLine(one: Active, columns: number, now: number): string {
  const { digest, size, work } = one.event;
  const percent = size > 0 ? Math.min(100, Math.floor((one.bytes / size) * 100)) : 0;
  const done = `${formatBytes(one.bytes).padStart(7)} of ${formatBytes(size)}`;
  const tail = ` ${percent.toString().padStart(3)}% ${done} ${rate(one, now).padStart(9)}`;
  const head = `${shortDigest(digest)}  ${words[work][0].padEnd(widest)}  `;
  const room = Math.min(30, columns - 1 - head.length - tail.length - 2);
  const bar = room < 5 ? '' : `[${'='.repeat(Math.round((room * percent) / 100)).padEnd(room)}]`;
  return `${head}${bar}${tail}`.slice(0, columns - 1);
}

function doneLine(event: BlobEvent, one: Active | undefined, now: number): string {
  const [, word] = words[event.work];
  const speed = one === undefined ? '' : `  ${rate({ ...one, bytes: event.size }, now)}`;
  return `${shortDigest(event.digest)}  ${word} ${formatBytes(event.size)}${speed}`;
}

function rate(one: Active, now: number): string {
  const seconds = (now - one.startedAt) / 1000;
  return seconds < 0.05 ? '' : `${formatBytes((one.bytes - (one.base ?? 0)) / seconds)}/s`;
}

/** Twelve digits tell blobs apart well enough for people. */
function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}
