/* /proc/PID/status as the guest must see it. */
#ifndef CALLS_STATUS_H
#define CALLS_STATUS_H
#include "../path/path.h"

/* Open the status of a process with the ids and capabilities the guest believes in. -EXDEV: `place` is something
 * else, or nothing in it needs another text. */
long status_open(const struct place *place, u64 flags);

#endif
