/** Turns whatever stopped the work on a layer or archive into an error that names it and the entry. */
import { type ErrorCode, UdockerError } from '../../errors.ts';
import { type ByteString, readable } from '../../system/byte-string.ts';

interface Reason {
  readonly text: string;
  readonly hint?: string;
}

const reasons: Readonly<Record<string, Reason>> = {
  ENOSPC: {
    text: 'no space left on the disk',
    hint: 'free some space, or use another place with --repo=DIR',
  },
  EDQUOT: {
    text: 'your disk quota is used up',
    hint: 'free some space, or use another place with --repo=DIR',
  },
  EROFS: { text: 'the file system is read-only', hint: 'use another place with --repo=DIR' },
  EACCES: { text: 'permission denied', hint: 'check who owns the repository directory' },
  ENAMETOOLONG: {
    text: 'the path is longer than this host allows',
    hint: 'use a shorter place with --repo=DIR; one name may have 255 bytes',
  },
  EFBIG: { text: 'the file is larger than this file system allows' },
  ENOENT: { text: 'no such file' },
  EPIPE: { text: 'nobody reads it any more' },
};

/** What was being read. */
export interface Subject {
  readonly kind: 'layer' | 'archive' | 'container';
  readonly name: string;
}

/** Digests of layers are checked first, so what cannot be read was published like that. */
const brokenHints = {
  layer: 'the image is broken where it comes from: ask for it to be pushed again',
  archive: 'it is damaged or something else: see what is in it with: tar -tvf FILE',
  container: 'see what is there with: udocker ps',
} as const;

/** Work that fails at a file of the user's choice, not in the repository. */
const outward: readonly string[] = ['exporting', 'writing'];

/** Where in a layer: at an entry, or in the headers that follow it. */
export interface Place {
  readonly relation: 'entry' | 'after entry';
  readonly entry: ByteString;
}

/**
 * `error` as a UdockerError whose message reads "DOING layer LAYER, RELATION ENTRY: reason". Errors of the kernel
 * become STORAGE; INTERRUPTED stays as it is; what is neither is a bug, INTERNAL.
 */
export function explain(error: unknown, doing: string, { kind, name }: Subject, at?: Place): UdockerError {
  if (error instanceof UdockerError && error.code === 'INTERRUPTED') return error;
  const entry = at === undefined ? undefined : readable(at.entry);
  const place = `${doing} ${kind} ${name}${at === undefined ? '' : `, ${at.relation} ${entry}`}`;
  const details = { [kind]: name, ...(entry === undefined ? {} : { entry }) };
  if (error instanceof UdockerError) {
    const hint = hintFor(error, kind);
    return new UdockerError(error.code, `${place}: ${error.message}`, {
      ...(hint === undefined ? {} : { hint }),
      cause: error.cause,
      details: { ...error.details, ...details },
    });
  }
  const { text, hint: usual } = reasonOf(error);
  const hint = usual !== undefined && outward.includes(doing) ? 'write it somewhere else' : usual;
  const code: ErrorCode = errnoOf(error) === undefined ? 'INTERNAL' : 'STORAGE';
  return new UdockerError(code, `${place}: ${text}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
    details,
  });
}

function hintFor({ code, hint, details }: UdockerError, kind: Subject['kind']): string | undefined {
  if (kind === 'archive' && typeof details.compression === 'string')
    return `decompress it on the way: ${details.compression} -dc FILE | udocker ... -`;
  return hint ?? (code === 'INVALID' ? brokenHints[kind] : undefined);
}

function reasonOf(error: unknown): Reason {
  const text = error instanceof Error ? error.message : String(error);
  return reasons[errnoOf(error) ?? ''] ?? { text };
}

function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^E(?!RR_)[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}
