/* What /proc tells of another process. */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H
#include "types.h"

/* The value of `type` in the auxiliary vector of process `pid`: 1 and *value, 0 where it has none (*value is left as it
 * was), or -errno. */
long auxiliary_of(u64 pid, u64 type, u64 *value);

#endif
