/* Errors for flags; see order.h. The kernel is asked with a path that cannot lead anywhere. */
#include "order.h"

#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "../sys/raw.h"

#define NOWHERE "/dev/null/x" /* ENOTDIR */
#define OPEN_UNNAMED (O_TMPFILE & ~O_DIRECTORY)

static bool odd_open(u64 flags) {
    return (flags & OPEN_UNNAMED) || (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY);
}

static bool odd_type(u64 mode) {
    switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
    case S_IFIFO:
    case S_IFSOCK:
    case S_IFCHR:
    case S_IFBLK: return false;
    default: return true;
    }
}

/* Is there anything in the arguments that the kernel could refuse at once? */
static bool may_be_refused(long number, const u64 a[6]) {
    switch (number) {
#ifdef __NR_open
    case __NR_open: return odd_open(a[1]);
    case __NR_access: return a[1] & ~7UL;
    case __NR_mknod: return odd_type(a[1]);
#endif
    case __NR_openat: return odd_open(a[2]);
    case __NR_faccessat: return a[2] & ~7UL;
    case __NR_faccessat2: return (a[2] & ~7UL) || (a[3] & ~(u64)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
    case __NR_mknodat: return odd_type(a[2]);
    case __NR_newfstatat: return a[3] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT);
    case __NR_statx: return a[2] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT);
    case __NR_fchownat: return a[4] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    case __NR_fchmodat2:
    case __NR_utimensat: return a[3] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    case __NR_truncate: return (long)a[1] < 0;
    case __NR_inotify_add_watch: return !(a[2] & IN_ALL_EVENTS);
    default: return false;
    }
}

long order_flags(const struct call *call, long result) {
    u64 a[6];
    regs_arguments(&call->slot->regs, a);
    if (result == -EINVAL || !may_be_refused(call->number, a)) return result;
    for (unsigned i = 0; i < 2; i++) {
        const struct path_argument *path = &call->row->paths[i];
        if (path->path >= 0) a[(int)path->path] = (u64)NOWHERE;
    }
    long r = sys(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return r == -EINVAL || r == -EPERM || r == -EOPNOTSUPP ? r : result;
}

bool rename_flags_wrong(u32 flags) {
    return (flags & ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) ||
           ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)));
}
