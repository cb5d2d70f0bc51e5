/* Room on the disk for a file that is to be mapped and written to: a disk or quota that is full must be an error before,
 * since a write to the mapping would end in a SIGBUS. */
#ifndef STATE_RESERVE_H
#define STATE_RESERVE_H
#include "../sys/types.h"

/* Give an open file `size` bytes at least, with blocks behind all of them. What it holds stays. 0 or -errno; the file
 * may have become longer then. */
long reserve_blocks(long fd, u64 size);

#endif
