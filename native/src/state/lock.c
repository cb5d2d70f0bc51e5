/* Locks between processes; see lock.h. */
#include "lock.h"

#include <asm/stat.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "files.h"

#define LOCK_EX 2
#define LOCK_UN 8

/* Takes the descriptor, and closes it where it cannot be locked. */
static long lock_file(long fd) {
    long r;
    if (fd < 0) return fd;
    while ((r = sys(__NR_flock, fd, LOCK_EX)) == -EINTR) {
    }
    if (r < 0) sys(__NR_close, fd);
    return r < 0 ? r : fd;
}

/* A file of ours in memory in place of one that cannot be locked: some Lustre and NFS have no locks. It counts on this
 * machine only, but so does what it guards: a file that processes share by mapping it. */
static long lock_stand_in(const struct stat *real) {
    static const char *const places[] = {"/dev/shm", "/tmp"};
    char path[96];
    struct stat st;
    u64 user = (u64)sys(__NR_geteuid);
    long r = -ENOLCK;
    for (unsigned i = 0; r < 0 && i < ARRAY_LENGTH(places); i++) {
        size_t n = text_put(path, text_put(path, 0, places[i]), "/udocker-owners-");
        n = text_put(path, text_put_number(path, n, user), "-");
        n = text_put(path, text_put_number(path, n, real->st_dev), "-");
        text_put_number(path, n, real->st_ino);
        long fd = sys(__NR_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0 && (sys(__NR_fstat, fd, &st) < 0 || st.st_uid != user)) {
            sys(__NR_close, fd);
            fd = -EACCES;
        }
        if (fd >= 0) sys(__NR_fchmod, fd, 0600);
        r = lock_file(fd);
    }
    return r;
}

long state_lock(const char *name) {
    struct stat st;
    long fd = state_open(name, O_RDWR | O_CREAT);
    if (fd < 0) return fd;
    long known = sys(__NR_fstat, fd, &st), r = lock_file(fd);
    bool none = r == -ENOSYS || r == -ENOLCK || r == -EOPNOTSUPP;
    return none && known == 0 ? lock_stand_in(&st) : r;
}

void state_unlock(long lock) {
    sys(__NR_flock, lock, LOCK_UN); /* a fork may have copied the descriptor */
    sys(__NR_close, lock);
}
