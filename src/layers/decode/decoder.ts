/**
 * Decompression that is pulled: the caller gives the buffer, and it is filled as far as there is data. Pulling
 * keeps memory bounded and lets the result land where it is used, in memory shared between threads.
 */
import type { Buffer } from 'node:buffer';

export interface Decoder {
  /** Fills `target`; returns the bytes written, fewer than its length only at the end. Throws INVALID. */
  fill(target: Buffer): number;
  close(): void;
}

/** The next piece of compressed data, valid until the next call; undefined at the end. */
export type Pull = () => Buffer | undefined;
