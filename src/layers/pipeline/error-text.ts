/** Errors on their way from one thread to another: threads share bytes and plain values, not objects. */
import type { Buffer } from 'node:buffer';
import { type ErrorCode, type ErrorDetails, UdockerError } from '../../errors.ts';

/** An error as a plain value. */
export interface ErrorRecord {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly hint?: string;
  readonly details?: ErrorDetails;
  /** The kernel's word, such as ENOSPC, when it is not a UdockerError. */
  readonly errno?: string;
}

export function recordOf(error: unknown): ErrorRecord {
  if (error instanceof UdockerError) {
    const { code, message, hint, details } = error;
    return { code, message, details, ...(hint === undefined ? {} : { hint }) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: undefined, message, ...errnoOf(error) };
}

export function errorOf(record: ErrorRecord): Error {
  const { code, message, hint, details, errno } = record;
  if (code === undefined)
    return Object.assign(new Error(message), errno === undefined ? {} : { code: errno });
  return new UdockerError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}

/** Writes `error` into `target` and returns its length in bytes, at least 1. */
export function encodeError(error: unknown, target: Buffer): number {
  return target.write(JSON.stringify(recordOf(error)), 'utf8');
}

export function decodeError(bytes: Buffer): Error {
  return errorOf(JSON.parse(bytes.toString('utf8')) as ErrorRecord);
}

function errnoOf(error: unknown): { errno?: string } {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return {};
  return { errno: error.code };
}
