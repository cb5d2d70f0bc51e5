/** Reads small bodies whole: manifests, tokens, lists, error texts. A limit keeps a hostile server out of memory. */
import { UdockerError } from '../errors.ts';
import type { HttpResponse } from '../system/http.ts';

/** For documents; the distribution spec asks registries to accept manifests of 4 MiB, larger ones are rare. */
export const documentLimit = 16 * 1024 * 1024;
const excerptLimit = 64 * 1024;

/** All bytes of the body. Throws INVALID when there are more than `limit`, NETWORK when it is cut. */
export async function readBody(
  response: HttpResponse,
  doing: string,
  limit = documentLimit,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > limit) {
      throw new UdockerError('INVALID', `${doing}: the answer is larger than ${limit / 1024 / 1024} MiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The start of a body as text, for the words of an error. A body that is cut gives what came. */
export async function readExcerpt(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= excerptLimit) break;
    }
  } catch {
    // The status already says what went wrong; a cut body only costs details.
  }
  return Buffer.concat(chunks).toString('utf8', 0, excerptLimit);
}

/** The JSON object in a body. Throws INVALID when it is none. */
export async function readObject(
  response: HttpResponse,
  doing: string,
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readBody(response, doing);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new UdockerError('INVALID', `${doing}: the answer is not JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UdockerError('INVALID', `${doing}: the answer is not a JSON object`);
  }
  return value as Readonly<Record<string, unknown>>;
}
