/**
 * Blobs of one repository as a BlobSource. A stream that is cut continues where it was, with Range where the
 * server knows it and by skipping where it does not. The digest is checked by whoever stores the bytes; here the
 * length is, so that no server can send without end. Source: distribution spec, "Pulling blobs"; RFC 9110, 14.
 */
import { UdockerError } from '../errors.ts';
import type { BlobSource, ByteStream, Descriptor } from '../oci/descriptor.ts';
import { hexOf } from '../oci/digest.ts';
import { type HttpResponse, header } from '../system/http.ts';
import { HttpFault, networkError } from '../system/http-failure.ts';
import { isWebPage, notARegistry } from './failures.ts';
import { mayPass, messageOf, pause } from './retry.ts';
import type { Session } from './session.ts';
import { pullScope } from './token.ts';

/** After this much progress the count of attempts starts anew: a bad line may carry a large blob in many pieces. */
const progressThatCounts = 1 << 20;
const foreign = /\bforeign\b|nondistributable/;

/** The blobs of `repository`. `open` throws NOT_FOUND, DENIED, NETWORK, INTEGRITY; so does its stream. */
export function registryBlobs(session: Session, repository: string): BlobSource {
  return {
    open: async (blob, offset = 0) => {
      if (offset === blob.size) return nothing();
      const start = await request(session, repository, blob, offset);
      return resuming(session, repository, blob, offset, start);
    },
  };
}

interface Piece {
  readonly response: HttpResponse;
  /** Bytes to drop before the one that was asked for. */
  readonly skip: number;
  readonly host: string;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* resuming(
  session: Session,
  repository: string,
  blob: Descriptor,
  offset: number,
  first: Piece,
): AsyncGenerator<Uint8Array> {
  let piece = first;
  let position = offset;
  let [attempt, mark] = [1, offset];
  for (;;) {
    try {
      for await (const chunk of skipping(piece)) {
        position += chunk.length;
        if (position > blob.size) throw tooLong(session, blob, piece.host);
        report(session, blob, position);
        yield chunk;
      }
      if (position === blob.size) return;
      const reason = `after ${position} of ${blob.size} bytes`;
      throw networkError(describe(session, blob), new HttpFault('cut', piece.host, reason));
    } catch (error) {
      if (position - mark >= progressThatCounts) attempt = 1;
      mark = position;
      if (!mayPass(error, true) || attempt >= session.retry.policy.attempts) throw error;
      const doing = describe(session, blob);
      await pause(doing, messageOf(error, doing), attempt, undefined, session.retry);
      attempt += 1;
    }
    piece = await request(session, repository, blob, position);
    const ranges = piece.skip === 0;
    session.retry.onEvent({ kind: 'blob-resumed', digest: blob.digest, offset: position, ranges });
  }
}

async function request(
  session: Session,
  repository: string,
  blob: Descriptor,
  offset: number,
): Promise<Piece> {
  const ranged = offset > 0;
  const answer = await send(session, repository, blob, ranged ? offset : undefined);
  const host = answer.url.host;
  const { response } = answer;
  if (response.status === 416) {
    response.discard();
    throw wrongSize(session, blob, host, header(response, 'content-range')?.match(/\/(\d+)$/)?.[1]);
  }
  if (isWebPage(response)) {
    response.discard();
    throw notARegistry(describe(session, blob), host);
  }
  if (response.status === 206) {
    const range = contentRange(response);
    if (range !== undefined && range.total !== undefined && range.total !== blob.size) {
      response.discard();
      throw wrongSize(session, blob, host, String(range.total));
    }
    if (ranged && range?.start === offset) return { response, skip: 0, host };
    // Another piece than the one asked for: such a server's ranges are worth nothing.
    response.discard();
    const whole = await send(session, repository, blob, undefined);
    return { response: whole.response, skip: offset, host: whole.url.host };
  }
  const length = header(response, 'content-length');
  if (length !== undefined && Number(length) !== blob.size) {
    response.discard();
    throw wrongSize(session, blob, host, length);
  }
  return { response, skip: offset, host };
}

function send(session: Session, repository: string, blob: Descriptor, offset: number | undefined) {
  const { digest } = blob;
  return session.get(
    {
      path: `/v2/${repository}/blobs/${digest}`,
      scope: pullScope(repository),
      subject: { kind: 'blob', repository, digest, foreign: foreign.test(blob.mediaType) },
      headers: offset === undefined ? {} : { range: `bytes=${offset}-` },
      doing: describe(session, blob),
    },
    (status) => status === 200 || (offset !== undefined && (status === 206 || status === 416)),
  );
}

function contentRange(response: HttpResponse): { start: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header(response, 'content-range')?.trim() ?? '');
  if (match === null) return undefined;
  return { start: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2]) };
}

async function* skipping(piece: Piece): ByteStream & AsyncGenerator<Uint8Array> {
  let left = piece.skip;
  for await (const chunk of piece.response.body) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

function report(session: Session, blob: Descriptor, received: number): void {
  session.retry.onEvent({ kind: 'blob-progress', digest: blob.digest, received, size: blob.size });
}

function describe(session: Session, blob: Descriptor): string {
  return `fetching ${hexOf(blob.digest).slice(0, 12)} from ${session.endpoint.name}`;
}

function wrongSize(
  session: Session,
  blob: Descriptor,
  host: string,
  length: string | undefined,
): UdockerError {
  const has = length === undefined ? 'a shorter one' : `${length} bytes`;
  const words = `${host} has ${has} where the manifest says ${blob.size} bytes`;
  return damaged(session, blob, words);
}

function tooLong(session: Session, blob: Descriptor, host: string): UdockerError {
  return damaged(session, blob, `${host} sends more than the ${blob.size} bytes that the manifest says`);
}

function damaged(session: Session, blob: Descriptor, words: string): UdockerError {
  return new UdockerError('INTEGRITY', `${describe(session, blob)}: ${words}`, {
    hint: 'the registry is damaged, or something in between changes the data; ask for the image to be pushed again',
    details: { digest: blob.digest, size: blob.size },
  });
}
