/** The thread that hashes files while they grow: an entry point of the build (see system/workers.ts). */
import { type Answer, NearDigest, type Order } from '../file-digest.ts';
import { onOrder, tellStarter } from '../workers.ts';

/** Files being hashed; for one that failed, its answer. */
const files = new Map<number, NearDigest | Answer>();

function obey(order: Order): void {
  const { file } = order;
  try {
    if (order.kind === 'open') files.set(file, new NearDigest(order.path, order.algorithm));
    else work(order, files.get(file));
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    close(file);
    files.set(file, { file, message, code });
    if (order.kind === 'finish') tellStarter(files.get(file));
  }
}

function work(order: Exclude<Order, { kind: 'open' }>, digest: NearDigest | Answer | undefined): void {
  const { file } = order;
  if (order.kind === 'close') {
    close(file);
    files.delete(file);
  } else if (!(digest instanceof NearDigest)) {
    if (order.kind === 'finish') tellStarter(digest);
  } else if (order.kind === 'grown') digest.grown(order.size);
  else tellStarter({ file, hex: digest.result(order.size) } satisfies Answer);
}

function close(file: number): void {
  const digest = files.get(file);
  if (digest instanceof NearDigest) digest.close();
}

onOrder((order) => obey(order as Order));
