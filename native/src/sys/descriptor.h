/* What kind of descriptor it is. */
#ifndef SYS_DESCRIPTOR_H
#define SYS_DESCRIPTOR_H
#include "raw.h"

/* Is it an open file, not one for its path alone (O_PATH) nor the working directory? What is not is EBADF to calls that use
 * files. */
static inline bool descriptor_is_open(int fd) {
    long flags = sys(__NR_fcntl, fd, F_GETFL);
    return flags >= 0 && !(flags & O_PATH);
}

#endif
