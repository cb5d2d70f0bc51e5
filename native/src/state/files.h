/* Files under the container's `state` directory, by names that begin with a slash. */
#ifndef STATE_FILES_H
#define STATE_FILES_H
#include "../sys/types.h"

/* The host path of a file: its length, -ENOENT where the plan names no state, -ENAMETOOLONG. `path`: PATH_SIZE bytes. */
long state_path(const char *name, char *path);
/* Open one, or with O_CREAT make it for the invoking user alone; links are not followed. A descriptor or -errno. */
long state_open(const char *name, u64 flags);
/* Make a directory for the invoking user alone. 0 or -errno. */
long state_directory(const char *name);
/* Give a file the name of another one, which goes. 0 or -errno. */
long state_rename(const char *from, const char *to);

#endif
