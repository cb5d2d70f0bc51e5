/* Memory for as long as the process lives, of just the size that is asked for: what a program of the guest keeps from
 * its start on then lies together on a page or two, which every exec has to pay for. Not for several threads. */
#ifndef SYS_ARENA_H
#define SYS_ARENA_H
#include "types.h"

/* Zeroed, aligned to 8 bytes; NULL where nothing is left. */
void *arena_take(size_t size);

#endif
