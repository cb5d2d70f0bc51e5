/* Files under `state`; see files.h. */
#include "files.h"

#include "../engine.h"
#include "../sys/limits.h"
#include "../sys/raw.h"
#include "../sys/text.h"

/* How much room the path takes, or -errno. */
static long path_size(const char *name) {
    if (!engine.plan.state) return -ENOENT;
    size_t size = strlen(engine.plan.state) + strlen(name) + 1;
    return size > PATH_SIZE ? -ENAMETOOLONG : (long)size;
}

static void put_path(const char *name, char *path) {
    text_put(path, text_put(path, 0, engine.plan.state), name);
}

long state_path(const char *name, char *path) {
    long size = path_size(name);
    if (size < 0) return size;
    put_path(name, path);
    return size - 1;
}

/* Every program does this: no more of the stack is touched than the path takes. */
long state_open(const char *name, u64 flags) {
    long size = path_size(name);
    if (size < 0) return size;
    char path[size];
    put_path(name, path);
    long fd = sys(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    u64 limit = fd == -EMFILE ? descriptors_more() : 0;
    if (!limit) return fd;
    fd = sys(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    descriptors_as_before(limit);
    return fd;
}

long state_rename(const char *from, const char *to) {
    char old[PATH_SIZE], new[PATH_SIZE];
    long r = state_path(from, old);
    if (r >= 0) r = state_path(to, new);
    return r < 0 ? r : sys(__NR_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}
