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

/* Names of attributes are read before paths: an empty one is an error of its own. */
static bool odd_attribute(u64 name, u64 flags) {
    char first;
    return flags > 3 || (arch_copy(&first, (const void *)name, 1) == 0 && !first);
}

/* Is there anything in the arguments that the kernel could refuse at once? */
static bool may_be_refused(long number, const u64 a[6]) {
    switch (number) {
#ifdef __NR_open
    case __NR_open: return odd_open(a[1]);
    case __NR_access: return a[1] & ~7UL;
    case __NR_utimes: return a[1] != 0;
    case __NR_futimesat: return a[2] != 0;
    case __NR_mknod: return odd_type(a[1]);
#endif
    case __NR_openat: return odd_open(a[2]);
    case __NR_faccessat: return a[2] & ~7UL;
    case __NR_faccessat2: return (a[2] & ~7UL) || (a[3] & ~(u64)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
    case __NR_mknodat: return odd_type(a[2]);
    case __NR_newfstatat: return a[3] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT);
    case __NR_statx: return (a[2] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)) || (a[3] & STATX__RESERVED);
    case __NR_fchownat: return a[4] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    case __NR_utimensat: return a[2] || (a[3] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
    case __NR_fchmodat2: return a[3] & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    case __NR_truncate: return (long)a[1] < 0;
    case __NR_inotify_add_watch: return !(a[2] & IN_ALL_EVENTS);
    case __NR_setxattr:
    case __NR_lsetxattr: return odd_attribute(a[1], a[4]);
    case __NR_getxattr:
    case __NR_lgetxattr:
    case __NR_removexattr:
    case __NR_lremovexattr: return odd_attribute(a[1], 0);
    case __NR_umount2: return a[1] & ~15UL;
    case __NR_setxattrat:
    case __NR_getxattrat:
    case __NR_listxattrat:
    case __NR_removexattrat:
    case __NR_file_getattr:
    case __NR_file_setattr:
    case __NR_name_to_handle_at:
    case __NR_open_tree:
    case __NR_fanotify_mark: return true;
    default: return false;
    }
}

/* utimensat looks at its times between the path and whether that may be written. */
static bool times_wrong(const u64 a[6]) {
    u64 times[4];
    if (!a[2] || arch_copy(times, (const void *)a[2], sizeof(times)) < 0) return false;
    for (unsigned i = 1; i < 4; i += 2)
        if (times[i] > 999999999 && times[i] != 0x3fffffff /* UTIME_NOW */ && times[i] != 0x3ffffffe /* UTIME_OMIT */) return true;
    return false;
}

long order_flags(const struct call *call, long result) {
    u64 a[6];
    regs_arguments(&call->slot->regs, a);
    if ((result == -EROFS || result == -EPERM) && call->number == __NR_utimensat && times_wrong(a)) return -EINVAL;
    if (result == -EINVAL || !may_be_refused(call->number, a)) return result;
    for (unsigned i = 0; i < 2; i++) {
        const struct path_argument *path = &call->row->paths[i];
        if (path->path >= 0) a[(int)path->path] = (u64)NOWHERE;
    }
    long r = sys(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (r == 0 && call->number == __NR_utimensat) return 0; /* no time is to be set: no file is looked at */
    return r == -EINVAL || r == -EPERM || r == -EOPNOTSUPP || r == -ERANGE ? r : result;
}

bool rename_flags_wrong(u32 flags) {
    return (flags & ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) ||
           ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)));
}
