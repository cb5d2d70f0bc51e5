/* What running.c needs but rarely: which file systems have locks that are quick, and whether a file has the lock. */
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../sys/raw.h"
#include "running.h"

#define MAGIC_ZFS 0x2fc12fc1
#define MAGIC_BCACHEFS 0xca451a4e

static bool locks_locally(u64 type) {
    switch (type) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case F2FS_SUPER_MAGIC:
    case MAGIC_ZFS:
    case MAGIC_BCACHEFS: return true;
    default: return false;
    }
}

u32 running_lockable(void) {
    struct statfs fs;
    struct stat st;
    bool found = sys(__NR_statfs, engine.plan.root, &fs) == 0 && sys(__NR_newfstatat, AT_FDCWD, engine.plan.root, &st, 0) == 0;
    return found && locks_locally((u32)fs.f_type) ? (u32)st.st_dev : 0;
}

/* The file is there, regular, and may be opened so: is it locked? Else the call itself finds out what is wrong. */
long running_look(const struct place *place, u64 flags) {
    struct stat st;
    struct flock lock = {.l_type = F_WRLCK, .l_start = RUNNING_BYTE, .l_len = 1};
    u64 follow = place->flags & PLACE_KERNEL_FOLLOWS ? 0 : AT_SYMLINK_NOFOLLOW;
    if (sys(__NR_newfstatat, place->directory, place->path, &st, follow) < 0 || !S_ISREG(st.st_mode)) return 0;
    u64 access = (flags & O_ACCMODE ? flags & O_ACCMODE : O_RDWR) | (flags & O_DIRECTORY) | (follow ? O_NOFOLLOW : 0);
    long fd = sys(__NR_openat, place->directory, place->path, access | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    bool locked = sys(__NR_fcntl, fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    sys(__NR_close, fd);
    return locked ? -ETXTBSY : 0;
}
