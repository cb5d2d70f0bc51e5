/** Ways in which a registry, or the way to it, goes wrong; and the queue of those that are about to happen. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  | { readonly kind: 'web-page'; readonly status?: number }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** The connection ends without any answer. */
  | { readonly kind: 'reset' }
  /** The connection ends after so many bytes of the body. */
  | { readonly kind: 'cut'; readonly after: number }
  /** A complete answer that holds only so many bytes. */
  | { readonly kind: 'truncated'; readonly after: number }
  /** Without Content-Length, ended properly, but too early. */
  | { readonly kind: 'short-chunked'; readonly after: number }
  /** More than there is, without Content-Length. */
  | { readonly kind: 'too-much'; readonly extra: number }
  /** One bit is not as it should be. */
  | { readonly kind: 'flipped' }
  /** After so many bytes nothing more comes. */
  | { readonly kind: 'stalled'; readonly after: number }
  | { readonly kind: 'slow'; readonly pieces: number; readonly delayMs: number }
  /** Range is ignored. */
  | { readonly kind: 'no-range' }
  /** 206, but from the first byte. */
  | { readonly kind: 'wrong-range' }
  | { readonly kind: 'headers'; readonly headers: Record<string, string> };

export interface FaultPlan {
  /** Matched against `METHOD path`. */
  readonly match: RegExp;
  readonly fault: Fault;
  /** How many matching requests suffer; default 1. */
  readonly times?: number;
  /** How many pass before; default 0. */
  readonly after?: number;
  /** Default `registry`. */
  readonly server?: 'registry' | 'storage';
}

export class FaultQueue {
  readonly #plans: { plan: FaultPlan; skip: number; left: number }[] = [];

  add(plan: FaultPlan): void {
    this.#plans.push({ plan, skip: plan.after ?? 0, left: plan.times ?? 1 });
  }

  take(server: 'registry' | 'storage', request: IncomingMessage): Fault | undefined {
    const line = `${request.method} ${request.url}`;
    for (const entry of this.#plans) {
      if ((entry.plan.server ?? 'registry') !== server || entry.left === 0 || !entry.plan.match.test(line))
        continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      return entry.plan.fault;
    }
    return undefined;
  }
}

/**
 * Carries a fault out; false when the ordinary answer is still due. Called without `bytes` before anything else
 * is looked at, and with them when the body is known.
 */
export function send(fault: Fault, response: ServerResponse, bytes?: Uint8Array): boolean {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '');
      return true;
    case 'web-page':
      response.removeHeader('Docker-Distribution-Api-Version');
      response.writeHead(fault.status ?? 200, { 'content-type': 'text/html; charset=utf-8' });
      response.end('<!DOCTYPE html><html><body>Welcome</body></html>');
      return true;
    case 'redirect':
      response.writeHead(fault.status ?? 307, { location: fault.to }).end();
      return true;
    case 'reset':
      response.socket?.destroy();
      return true;
    case 'headers':
      for (const [name, value] of Object.entries(fault.headers)) response.setHeader(name, value);
      return false;
    case 'no-range':
      return false;
    default:
      return bytes !== undefined && spoil(fault, response, bytes);
  }
}

type BodyFault = Extract<
  Fault,
  {
    kind: 'cut' | 'truncated' | 'short-chunked' | 'too-much' | 'flipped' | 'stalled' | 'slow' | 'wrong-range';
  }
>;

function spoil(fault: BodyFault, response: ServerResponse, bytes: Uint8Array): boolean {
  const whole = () => response.setHeader('Content-Length', bytes.length);
  switch (fault.kind) {
    case 'cut':
      whole();
      response.write(bytes.subarray(0, fault.after), () => response.socket?.destroy());
      return true;
    case 'stalled':
      whole();
      response.write(bytes.subarray(0, fault.after));
      return true;
    case 'truncated':
      response.setHeader('Content-Length', fault.after);
      response.end(bytes.subarray(0, fault.after));
      return true;
    case 'short-chunked':
      response.write(bytes.subarray(0, fault.after));
      response.end();
      return true;
    case 'too-much':
      response.write(bytes);
      response.end(Buffer.alloc(fault.extra, 'x'));
      return true;
    case 'flipped': {
      const copy = Uint8Array.from(bytes);
      copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
      whole();
      response.end(copy);
      return true;
    }
    case 'slow':
      whole();
      void drip(fault, response, bytes);
      return true;
    case 'wrong-range':
      response.statusCode = 206;
      response.setHeader('Content-Range', `bytes 0-${bytes.length - 1}/*`);
      whole();
      response.end(bytes);
      return true;
  }
}

async function drip(
  fault: { pieces: number; delayMs: number },
  response: ServerResponse,
  bytes: Uint8Array,
): Promise<void> {
  const size = Math.ceil(bytes.length / fault.pieces);
  for (let at = 0; at < bytes.length; at += size) {
    response.write(bytes.subarray(at, at + size));
    await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  }
  response.end();
}
