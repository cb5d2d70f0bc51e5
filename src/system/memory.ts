/** Memory outside of the garbage collector's sight. */

/** Below this the collector is as good. */
const worthIt = 64 << 10;

/**
 * Frees the memory of `piece`, which nobody will look at again, so that the next piece can have it while it is still
 * in the cache of the CPU: the collector, which sees only small objects, would let a hundred megabytes pile up.
 * Nothing happens to a small piece or to a part of a larger buffer.
 */
export function giveBack(piece: Uint8Array): void {
  const { buffer, byteLength } = piece;
  if (byteLength >= worthIt && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
    buffer.transfer(0);
}
