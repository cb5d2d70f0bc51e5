/** A descriptor names content: what it is, its digest and its exact size. Source: OCI image spec, descriptor.md. */
import type { Digest } from './digest.ts';
import type { MediaType } from './media-type.ts';
import type { Platform } from './platform.ts';

export interface Descriptor {
  readonly mediaType: MediaType;
  readonly digest: Digest;
  /** Size of the content in bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
}

/** Bytes that arrive in pieces. A piece belongs to the reader, who may give its memory back. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** Anything that blobs can be read from: a registry, a store, an archive, an OCI layout. */
export interface BlobSource {
  /** Opens `blob` from byte `offset` (default 0). The stream is not yet verified; who stores it verifies it. */
  open(blob: Descriptor, offset?: number): Promise<ByteStream>;
}
