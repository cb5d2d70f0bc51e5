/* Files under `state`; see files.h. */
#include "files.h"

#include "../engine.h"
#include "../sys/limits.h"
#include "../sys/raw.h"
#include "../sys/text.h"

#define MODE 0600
#define MODE_OF_DIRECTORY 0700

/* How much room the path takes, or -errno. */
static long path_size(const char *name) {
    if (!engine.plan.state) return -ENOENT;
    size_t size = strlen(engine.plan.state) + strlen(name) + 1;
    return size > PATH_SIZE ? -ENAMETOOLONG : (long)size;
}

static void put_path(const char *name, char *path) {
    text_put(path, text_put(path, 0, engine.plan.state), name);
}

COLD long state_path(const char *name, char *path) {
    long size = path_size(name);
    if (size < 0) return size;
    put_path(name, path);
    return size - 1;
}

static long open_path(const char *path, u64 flags) {
    return sys(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW, MODE);
}

static COLD long open_in_need(const char *path, u64 flags) {
    u64 limit = descriptors_more();
    if (!limit) return -EMFILE;
    long fd = open_path(path, flags);
    descriptors_as_before(limit);
    return fd;
}

/* Every program does this: no more of the stack is touched than the path takes. */
long state_open(const char *name, u64 flags) {
    long size = path_size(name);
    if (size < 0) return size;
    char path[size];
    put_path(name, path);
    long fd = open_path(path, flags);
    if (fd == -EMFILE) fd = open_in_need(path, flags);
    if (fd >= 0 && (flags & O_CREAT)) sys(__NR_fchmod, fd, MODE); /* the guest's umask may have been anything */
    return fd;
}

COLD long state_directory(const char *name) {
    char path[PATH_SIZE];
    long r = state_path(name, path);
    if (r >= 0) r = sys(__NR_mkdirat, AT_FDCWD, path, MODE_OF_DIRECTORY);
    return r < 0 ? r : sys(__NR_fchmodat, AT_FDCWD, path, MODE_OF_DIRECTORY);
}

COLD long state_rename(const char *from, const char *to) {
    char old[PATH_SIZE], new[PATH_SIZE];
    long r = state_path(from, old);
    if (r >= 0) r = state_path(to, new);
    return r < 0 ? r : sys(__NR_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}
