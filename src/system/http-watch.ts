/**
 * Watches one exchange: nothing for too long, too long altogether, or the user stopped it. Whoever fires first
 * is the reason that the reader is told, whatever error the destroyed socket reports afterwards.
 */
import { UdockerError } from '../errors.ts';
import { HttpFault } from './http-failure.ts';

export interface WatchLimits {
  /** Longest wait for the next bytes. */
  readonly idleTimeoutMs: number;
  /** Longest time for the whole exchange; undefined for no limit. */
  readonly totalTimeoutMs: number | undefined;
}

export class Watch {
  /** Why the exchange was given up; undefined while it was not. */
  reason: HttpFault | UdockerError | undefined;
  readonly #idle: NodeJS.Timeout;
  readonly #total: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #waiting = true;

  /** `stop` is called once, when the exchange must end; `host` and `doing` are for the words. */
  constructor(
    limits: WatchLimits,
    host: string,
    doing: string,
    signal: AbortSignal | undefined,
    stop: (why: Error) => void,
  ) {
    const giveUp = (why: HttpFault | UdockerError) => {
      if (this.reason !== undefined) return;
      this.reason = why;
      stop(why);
    };
    const { idleTimeoutMs, totalTimeoutMs } = limits;
    this.#idle = setTimeout(() => {
      // A slow reader is not a silent server.
      if (this.#waiting) giveUp(new HttpFault('idle-timeout', host, seconds(idleTimeoutMs)));
    }, idleTimeoutMs);
    if (totalTimeoutMs !== undefined) {
      const late = () => giveUp(new HttpFault('total-timeout', host, seconds(totalTimeoutMs)));
      this.#total = setTimeout(late, totalTimeoutMs);
    }
    this.#onAbort = () => giveUp(new UdockerError('INTERRUPTED', `${doing}: interrupted`));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) queueMicrotask(this.#onAbort);
  }

  /** Bytes are being waited for, from now on. */
  wait(): void {
    this.#waiting = true;
    this.#idle.refresh();
  }

  /** Bytes came; the reader is busy with them. */
  arrived(): void {
    this.#waiting = false;
  }

  /** The exchange is over. */
  end(): void {
    this.#waiting = false;
    clearTimeout(this.#idle);
    clearTimeout(this.#total);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
