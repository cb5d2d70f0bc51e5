/* The guest's own limits, where they stand in the way of what the engine does for itself in the guest's process. */
#ifndef SYS_LIMITS_H
#define SYS_LIMITS_H
#include "types.h"

/* May this process write to a file up to `size` bytes? 0, or -EFBIG: the write would not only fail, but end the process by
 * SIGXFSZ (RLIMIT_FSIZE, ulimit -f). */
long may_grow(u64 size);
/* The same for `more` bytes behind the end of an open file. */
long may_append(int fd, u64 more);

/* All descriptors are taken: allow a few more, as far as the guest could (RLIMIT_NOFILE). What to hand to
 * descriptors_as_before(), soon, or 0: there can be no more. */
u64 descriptors_more(void);
void descriptors_as_before(u64 limit);
/* A descriptor of a file for its path alone, for a moment, also where the guest has none left. `flags`: O_DIRECTORY,
 * O_NOFOLLOW. -errno as of openat. */
long open_path_alone(int directory, const char *path, u64 flags);

#endif
