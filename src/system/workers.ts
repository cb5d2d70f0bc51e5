/**
 * Worker threads, both from source files and inside the single executable. There, the files that a worker starts
 * from are extra entry points of the build, embedded under the name they have below `src/`; a URL made from
 * `import.meta.url` would name the source file of the build machine instead.
 */
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';

/** A file below `src/` that is an entry point of the build as well. */
export type WorkerFile = 'layers/worker.ts' | 'system/digest/worker.ts';

const embeddedRoot = '/$bunfs/root/';

/** Starts a thread running `file`; it finds `job` with `receivedJob`. */
export function startWorker(file: WorkerFile, job: unknown): Worker {
  return new Worker(locate(file), { workerData: job });
}

/** In a worker: what `startWorker` was given. */
export function receivedJob(): unknown {
  return workerData;
}

/** In a worker: sends `message` to the thread that started it. */
export function tellStarter(message: unknown): void {
  parentPort?.postMessage(message);
}

/** In a worker: calls `listener` with every message of the starter; only that one ends this thread. */
export function onOrder(listener: (message: unknown) => void): void {
  parentPort?.on('message', listener);
}

/**
 * In a worker: from now on only the starter ends this thread. A thread that ends by itself may do so before its last
 * message has been delivered, or while work is pending that the runtime does not count.
 */
export function stayAlive(): void {
  parentPort?.on('message', () => {});
}

/** How many threads this process may run at the same time. */
export function processors(): number {
  return availableParallelism();
}

function locate(file: WorkerFile): string | URL {
  const main = typeof Bun === 'undefined' ? '' : Bun.main;
  if (main.startsWith(embeddedRoot)) return embeddedRoot + file.replace(/\.ts$/, '.js');
  return new URL(`../${file}`, import.meta.url);
}
