/* Which process a call is about that names another one. */
#ifndef CALLS_OTHERS_H
#define CALLS_OTHERS_H
#include "../sys/raw.h"

/* Is it a thread of the process `self`, the calling one? */
static inline bool thread_is_own(u32 thread, u32 self) {
    return thread == self || sys(__NR_tgkill, self, thread, 0) == 0;
}

/* The process of a descriptor: from pidfd_open, or a directory of /proc. 0: it is none. */
u32 process_behind(int fd);

#endif
