/* The guest's own limits; see limits.h. */
#include "limits.h"

#include <linux/fs.h>
#include <linux/resource.h>

#include "raw.h"

#define MORE_DESCRIPTORS 8

long may_grow(u64 size) {
    struct rlimit64 limit;
    if (sys(__NR_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) < 0) return 0;
    return size > limit.rlim_cur ? -EFBIG : 0;
}

long may_append(int fd, u64 more) {
    long end = sys(__NR_lseek, fd, 0, SEEK_END);
    return end < 0 ? end : may_grow((u64)end + more);
}

u64 descriptors_more(void) {
    struct rlimit64 limit, more;
    if (sys(__NR_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0 || limit.rlim_cur >= limit.rlim_max) return 0;
    more = limit;
    more.rlim_cur += MORE_DESCRIPTORS;
    if (more.rlim_cur > more.rlim_max) more.rlim_cur = more.rlim_max;
    return sys(__NR_prlimit64, 0, RLIMIT_NOFILE, &more, NULL) == 0 ? limit.rlim_cur : 0;
}

long open_path_alone(int directory, const char *path, u64 flags) {
    long fd = sys(__NR_openat, directory, path, flags | O_PATH | O_CLOEXEC, 0);
    u64 limit = fd == -EMFILE ? descriptors_more() : 0;
    if (!limit) return fd;
    fd = sys(__NR_openat, directory, path, flags | O_PATH | O_CLOEXEC, 0);
    descriptors_as_before(limit);
    return fd;
}

void descriptors_as_before(u64 limit) {
    struct rlimit64 now;
    if (sys(__NR_prlimit64, 0, RLIMIT_NOFILE, NULL, &now) < 0) return;
    now.rlim_cur = limit;
    sys(__NR_prlimit64, 0, RLIMIT_NOFILE, &now, NULL);
}
