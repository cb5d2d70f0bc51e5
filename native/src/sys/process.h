/* What /proc tells of another process. */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H
#include "types.h"

#define MOST_AUXILIARY 128 /* numbers in an auxiliary vector */

/* What a first read of /proc/PID + `name` ("/auxv") gives: its size, or -errno. */
long process_file(u64 pid, const char *name, void *to, size_t size);

/* The text behind "NAME:" and blanks in what a file such as /proc/PID/status says; NULL: not there. */
const char *process_field(const char *status, const char *name);

/* Call `use` with each name in a directory that is a number (of processes in "/proc", of threads in a process's task/), until
 * it answers something else than 0: that answer; 0, or -errno where the directory cannot be read. */
typedef long number_use(u32 number, void *with);
long each_number(const char *directory, number_use *use, void *with);

/* Where the value of `type` stands in an auxiliary vector of `size` bytes, or NULL. A negative size: nothing there. */
const u64 *auxiliary_in(const u64 *pairs, long size, u64 type);

/* The value of `type` in the auxiliary vector of process `pid`: 1 and *value, 0 where it has none (*value is left as it
 * was), or -errno. */
long auxiliary_of(u64 pid, u64 type, u64 *value);

/* Is it a thread of the calling process? */
bool thread_is_own(u32 thread);

/* The process of a descriptor: from pidfd_open, or a directory of /proc. 0: it is none. */
u32 process_behind(int fd);

#endif
