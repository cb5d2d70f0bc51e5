/**
 * The one error class of the program. An error is thrown where the facts are and shown once, in `cli/`.
 * The message says what was being done, to what, and why it failed; the hint is the next thing to type.
 */

/** What kind of failure this is; decides the exit status (see `exitStatusOf`) and what callers may catch. */
export type ErrorCode =
  | 'USAGE' // flags or arguments make no sense
  | 'NOT_FOUND' // no such image, container or name
  | 'CONFLICT' // taken or protected
  | 'DENIED' // the registry refused
  | 'NETWORK' // retries are spent
  | 'INTEGRITY' // wrong digest or size
  | 'INVALID' // a document, archive or configuration that cannot be accepted
  | 'STORAGE' // disk, rights, lock
  | 'UNSUPPORTED' // no engine or platform fits
  | 'COMMAND_NOT_FOUND' // inside the container
  | 'NOT_EXECUTABLE' // inside the container
  | 'INTERRUPTED' // the user stopped it
  | 'INTERNAL'; // a bug

/** Values that matter to a caller or a report; always printable. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ErrorOptions {
  readonly hint?: string;
  readonly cause?: unknown;
  readonly details?: ErrorDetails;
}

export class UdockerError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UdockerError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}

/** True when `error` is a UdockerError, of one of `codes` if any are given. */
export function isUdockerError(error: unknown, ...codes: ErrorCode[]): error is UdockerError {
  return error instanceof UdockerError && (codes.length === 0 || codes.includes(error.code));
}

/** True when `error` is a system error (`errno` set by the kernel) with one of `codes`, such as `'ENOENT'`. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && codes.includes(error.code);
}

/**
 * Exit status for a failure of our own. Usage errors are 2; `run` fails with 125 before the process starts
 * (Docker's convention), 127 and 126 for a command that is missing or not executable; all else is 1.
 */
export function exitStatusOf(error: unknown, duringRun: boolean): number {
  if (!(error instanceof UdockerError)) return duringRun ? 125 : 1;
  switch (error.code) {
    case 'USAGE':
      return 2;
    case 'COMMAND_NOT_FOUND':
      return 127;
    case 'NOT_EXECUTABLE':
      return 126;
    case 'INTERRUPTED':
      return 130;
    default:
      return duringRun ? 125 : 1;
  }
}
