/**
 * The starting thread's side: it starts the workers, passes events on, cancels all when one fails or the caller
 * wants to stop, and answers only when every thread has ended, so that the caller may then remove what they wrote.
 */
import { UdockerError } from '../../errors.ts';
import { startWorker } from '../../system/workers.ts';
import type { LayerEvent } from '../layer.ts';
import type { Board } from './board.ts';
import { errorOf } from './error-text.ts';
import type { Job, Message } from './job.ts';

const progressMs = 100;

export interface Listener {
  readonly report?: ((event: LayerEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does `jobs`, each in its thread, on a board for `layers` layers. Returns what the threads have answered. Throws the
 * first error of any; INTERRUPTED when `signal` is aborted.
 */
export async function employ(
  jobs: readonly Job[],
  board: Board,
  layers: number,
  listener: Listener,
): Promise<readonly Outcome[]> {
  const cancel = (): void => board.cancel();
  throwIfAborted(listener.signal);
  listener.signal?.addEventListener('abort', cancel, { once: true });
  const stopProgress = reportProgress(board, layers, listener.report);
  const results = await Promise.all(jobs.map((job) => oneThread(job, listener.report, cancel)));
  stopProgress();
  listener.signal?.removeEventListener('abort', cancel);
  throwIfAborted(listener.signal);
  throwFirst(results);
  return results.filter((result) => result.kind !== 'error');
}

/** The last word of a thread. */
export type Outcome = Exclude<Message, { kind: 'event' | 'failed' }>;

type Result = Outcome | { readonly kind: 'error'; readonly error: Error };

function oneThread(job: Job, report: Listener['report'], cancel: () => void): Promise<Result> {
  return new Promise((resolve) => {
    const worker = startWorker('layers/worker.ts', job);
    let result: Result = {
      kind: 'error',
      error: new UdockerError('INTERNAL', `a thread (${job.kind}) ended without a word`),
    };
    const fail = (error: Error): void => {
      result = { kind: 'error', error };
      cancel();
    };
    worker.on('message', (message: Message) => {
      if (message.kind === 'event') {
        report?.(message.event);
        return;
      }
      if (message.kind === 'failed') fail(errorOf(message.error));
      else result = message;
      void worker.terminate();
    });
    worker.on('error', (error: Error) => {
      fail(new UdockerError('INTERNAL', `a thread (${job.kind}) failed: ${error.message}`, { cause: error }));
    });
    worker.on('exit', () => {
      if (result.kind === 'error') cancel();
      resolve(result);
    });
  });
}

// When one thread fails the others are cancelled and say INTERRUPTED: the reason is the error that is not that.
function throwFirst(results: readonly Result[]): void {
  const errors = results.flatMap((result) => (result.kind === 'error' ? [result.error] : []));
  const reason = errors.find((error) => !(error instanceof UdockerError && error.code === 'INTERRUPTED'));
  const error = reason ?? errors[0];
  if (error !== undefined) throw error;
}

function reportProgress(board: Board, layers: number, report: Listener['report']): () => void {
  if (report === undefined) return () => {};
  const seen = new Float64Array(layers);
  const timer = setInterval(() => {
    for (let index = 0; index < layers; index++) {
      const bytes = board.progressOf(index);
      if (bytes === seen[index]) continue;
      seen[index] = bytes;
      report({ kind: 'layer-progress', index, bytes });
    }
  }, progressMs);
  return () => clearInterval(timer);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new UdockerError('INTERRUPTED', 'the work on the layers was interrupted');
}
