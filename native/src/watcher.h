/* Ending what outlives a container's first process. */
#ifndef WATCHER_H
#define WATCHER_H
#include "sys/types.h"

#define AT_CONTAINER 0x75646f63 /* a type of auxiliary entry that no kernel uses */

/* Number the container and start the watcher. Before the filter. 0 or -errno. */
long watcher_begin(void);

#endif
