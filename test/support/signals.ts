/** Reading the signal sets of `/proc/PID/status`. */

/**
 * `status` with the two signals cleared that the C library keeps for itself (32 and 33): it lets no program change
 * them, and what make starts (by posix_spawn of glibc 2.36) begins with them ignored.
 */
export function withoutLibrarySignals(status: string): string {
  return status.replace(/(Sig(?:Ign|Blk):\t)([0-9a-f]{16})/g, (_, name: string, set: string) => {
    const cleared = BigInt(`0x${set}`) & ~(3n << 31n);
    return name + cleared.toString(16).padStart(16, '0');
  });
}
