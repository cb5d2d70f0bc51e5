/**
 * When to try again and after how long: exponential back-off with jitter, unless the server names the time.
 * Time comes from a Clock, so tests need not wait. Source: RFC 9110, section 10.2.3 (Retry-After).
 */
import { isUdockerError, UdockerError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { type HttpResponse, header } from '../system/http.ts';
import { type NetworkFailure, networkFailure } from '../system/http-failure.ts';
import type { OnRegistryEvent } from './events.ts';

export interface RetryPolicy {
  /** Attempts altogether, the first one included. */
  readonly attempts: number;
  /** The first delay; it doubles each time. */
  readonly baseDelayMs: number;
  readonly maximumDelayMs: number;
  /** A server that asks for more patience than this is given up at once. */
  readonly maximumRetryAfterMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 6,
  baseDelayMs: 500,
  maximumDelayMs: 20_000,
  maximumRetryAfterMs: 120_000,
};

export interface RetryContext {
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly onEvent: OnRegistryEvent;
  readonly signal: AbortSignal | undefined;
}

const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Failures that may pass by themselves. A refused connection counts only where a server had answered before. */
const passingFailures: ReadonlySet<NetworkFailure> = new Set<NetworkFailure>([
  'name-service-down',
  'connect-timeout',
  'idle-timeout',
  'cut',
]);

/**
 * Makes attempts until one gives an answer whose status will not pass by itself; the last answer is returned
 * whatever its status. Throws what the last attempt threw, and INTERRUPTED when the signal aborts while waiting.
 * `answered` tells whether the server has ever answered: then a refused connection is worth another try.
 */
export async function withRetries<T extends { readonly response: HttpResponse }>(
  doing: string,
  context: RetryContext,
  answered: () => boolean,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let number = 1; ; number += 1) {
    const outcome = await attempt().then(
      (answer) => ({ answer, wait: waitAfterResponse(answer.response, context.clock) }),
      (error: unknown) => ({ error, wait: waitAfterError(error, answered()) }),
    );
    const last = number >= context.policy.attempts || outcome.wait === undefined;
    if (last || tooLong(outcome.wait, context.policy)) {
      if ('error' in outcome) throw outcome.error;
      return outcome.answer;
    }
    if ('answer' in outcome) outcome.answer.response.discard();
    const reason =
      'error' in outcome ? messageOf(outcome.error, doing) : `status ${outcome.answer.response.status}`;
    await pause(doing, reason, number, outcome.wait, context);
  }
}

/** Waits before attempt `number` + 1 and says so. Throws INTERRUPTED when the signal aborts meanwhile. */
export async function pause(
  doing: string,
  reason: string,
  number: number,
  wait: Wait | undefined,
  context: RetryContext,
): Promise<void> {
  const { clock, policy, signal } = context;
  const delayMs = wait?.kind === 'asked' ? wait.ms : backOff(number, policy, clock);
  context.onEvent({
    kind: 'retrying',
    doing,
    reason,
    attempt: number + 1,
    attempts: policy.attempts,
    delayMs,
  });
  await clock.sleep(delayMs, signal);
  if (signal?.aborted) throw new UdockerError('INTERRUPTED', `${doing}: interrupted`);
}

/** The delay that Retry-After asks for, in milliseconds from now; undefined when it is absent or malformed. */
export function retryAfter(response: Pick<HttpResponse, 'headers'>, clock: Clock): number | undefined {
  const text = header(response, 'retry-after')?.trim();
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Date.parse takes much for a date; HTTP's begin with the day of the week.
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}

/** True when trying again may help against this error. */
export function mayPass(error: unknown, answered: boolean): boolean {
  const failure = networkFailure(error);
  if (failure === undefined) return false;
  return passingFailures.has(failure) || (answered && (failure === 'refused' || failure === 'unreachable'));
}

type Wait = { readonly kind: 'asked'; readonly ms: number } | { readonly kind: 'own' };

function waitAfterResponse(response: HttpResponse, clock: Clock): Wait | undefined {
  if (!passingStatuses.has(response.status)) return undefined;
  const ms = retryAfter(response, clock);
  return ms === undefined ? { kind: 'own' } : { kind: 'asked', ms };
}

function waitAfterError(error: unknown, answered: boolean): Wait | undefined {
  if (mayPass(error, answered)) return { kind: 'own' };
  if (!isUdockerError(error)) return undefined;
  // A token server's status arrives as an error.
  const { status, retryAfterMs } = error.details;
  if (typeof status !== 'number' || !passingStatuses.has(status)) return undefined;
  return typeof retryAfterMs === 'number' ? { kind: 'asked', ms: retryAfterMs } : { kind: 'own' };
}

function tooLong(wait: Wait | undefined, policy: RetryPolicy): boolean {
  return wait?.kind === 'asked' && wait.ms > policy.maximumRetryAfterMs;
}

/** Half of the delay is fixed and half is chance, so that many clients do not come back at once. */
function backOff(number: number, policy: RetryPolicy, clock: Clock): number {
  const full = Math.min(policy.maximumDelayMs, policy.baseDelayMs * 2 ** (number - 1));
  return Math.round(full / 2 + (full / 2) * clock.random());
}

/** What an error says, without the words that tell what was being done. */
export function messageOf(error: unknown, doing: string): string {
  if (!isUdockerError(error)) return String(error);
  return error.message.startsWith(`${doing}: `) ? error.message.slice(doing.length + 2) : error.message;
}
