/** Turns the events of verbs into text on stderr, as much of it as the verbosity allows. */
import type { ActionEvent, BlobEvent } from '../actions/events.ts';
import { type Console, verbosity } from './console.ts';
import type { Progress } from './progress.ts';

export interface EventView {
  show(event: ActionEvent): void;
  /** Takes moving lines away; call when the work is over, however it ended. */
  finish(): Promise<void>;
}

type LineEvent = Exclude<ActionEvent, BlobEvent>;

function isBlobEvent(event: ActionEvent): event is BlobEvent {
  return event.kind.startsWith('blob-');
}

function showLine(event: LineEvent, console: Console): void {
  switch (event.kind) {
    case 'warning':
      console.warn(event.message);
      break;
    case 'info':
      console.info(event.message);
      break;
    case 'debug':
      console.debug(event.message);
      break;
    case 'starting':
      showBanner(event, console);
  }
}

/** A few lines that say what starts; for people only. */
function showBanner(event: Extract<LineEvent, { kind: 'starting' }>, console: Console): void {
  const { stderr } = console.terminal;
  if (console.verbosity < verbosity.info || !stderr.isTerminal) return;
  const line = '*'.repeat(78);
  stderr.write(
    `\n${line}\n* STARTING ${event.container} (${event.mode})\n${line}\nexecuting: ${event.command}\n`,
  );
}

/**
 * A view for one run of a command. Progress is loaded when the first blob appears: what a command that moves
 * no blobs does not show, it does not load. Events that arrive while it loads are shown after it.
 */
export function makeEventView(console: Console): EventView {
  let progress: Progress | undefined;
  let waiting: BlobEvent[] | undefined;
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    const { movingProgress, plainProgress } = await import('./progress.ts');
    const { stderr, columns } = console.terminal;
    progress = stderr.isTerminal
      ? movingProgress(stderr, await columns(), () => performance.now())
      : plainProgress(stderr);
    flush();
  };
  const flush = (): void => {
    for (const event of waiting ?? []) progress?.show(event);
    waiting = [];
  };
  const showBlob = (event: BlobEvent): void => {
    if (console.verbosity < verbosity.info) return;
    if (progress !== undefined) progress.show(event);
    else if (waiting !== undefined) waiting.push(event);
    else {
      waiting = [event];
      loading = load();
    }
  };
  return {
    show: (event) => {
      if (isBlobEvent(event)) showBlob(event);
      else {
        progress?.clear();
        showLine(event, console);
      }
    },
    finish: async () => {
      await loading;
      progress?.clear();
    },
  };
}
