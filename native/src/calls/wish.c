/* What a call needs of a file: read off its number and arguments. */
#include "wish.h"

#include <linux/fanotify.h>
#include <linux/inotify.h>
#include <linux/openat2.h>

#include "../sys/descriptor.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "resolve.h"

#define TIME_NOW 0x3fffffff  /* UTIME_NOW */
#define TIME_OMIT 0x3ffffffe /* UTIME_OMIT */

static struct open_how open_how_of(const struct call *call) {
    struct open_how how = {0};
    switch (call->number) {
#ifdef __NR_open
    case __NR_open: how.flags = call->a[1]; break;
    case __NR_creat: how.flags = O_CREAT | O_WRONLY | O_TRUNC; break;
#endif
    case __NR_openat: how.flags = call->a[2]; break;
    default:
        if (arch_copy(&how, (const void *)call->a[2], sizeof(how)) < 0) how = (struct open_how){0};
    }
    return how;
}

u64 wish_open_flags(const struct call *call) {
    return open_how_of(call).flags;
}

u32 wish_resolve(u64 resolve) {
    static const struct {
        u16 resolve, how;
    } flags[] = {{RESOLVE_IN_ROOT, PATH_IN_ROOT},
                 {RESOLVE_BENEATH, PATH_BENEATH},
                 {RESOLVE_NO_SYMLINKS, PATH_NO_LINKS},
                 {RESOLVE_NO_MAGICLINKS, PATH_NO_MAGIC},
                 {RESOLVE_NO_XDEV, PATH_NO_MOUNTS}};
    u32 how = 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(flags); i++)
        if (resolve & flags[i].resolve) how |= flags[i].how;
    return how;
}

static struct wish wish_open(const struct call *call) {
    static const u8 needs[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE};
    struct open_how how = open_how_of(call);
    u64 flags = how.flags;
    bool path = flags & O_PATH, nameless = !path && (flags & O_TMPFILE) == O_TMPFILE;
    struct wish wish = {
        .need = path ? 0 : needs[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0),
        .resolve = wish_resolve(how.resolve),
        .creates = !path && (flags & O_CREAT),
        .contents = !path && !nameless,
        .directory = flags & O_DIRECTORY,
        .exclusive = !path && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL),
    };
    wish.follow = !wish.exclusive && !(flags & O_NOFOLLOW);
    if (nameless) wish.need = MAY_WRITE | MAY_EXECUTE; /* of the directory */
    return wish;
}

struct attribute_use attribute_use(long number) {
    switch (number) {
    case __NR_getxattr:
    case __NR_lgetxattr: return (struct attribute_use){MAY_READ, 1};
    case __NR_setxattr:
    case __NR_lsetxattr:
    case __NR_removexattr:
    case __NR_lremovexattr: return (struct attribute_use){MAY_WRITE, 1};
    case __NR_getxattrat: return (struct attribute_use){MAY_READ, 3};
    case __NR_setxattrat:
    case __NR_removexattrat: return (struct attribute_use){MAY_WRITE, 3};
    default: return (struct attribute_use){0, 0};
    }
}

/* Attributes of the system are not a matter of the file's mode, but lists of
 * access are the owner's to set; other names are refused only behind it. */
static void wish_attribute(const struct call *call, struct attribute_use use, struct wish *wish) {
    char name[10] = "";
    if (!use.need) return;
    long r = arch_copy_text(name, (const char *)call->a[use.name], sizeof(name));
    if ((r < 0 && r != -ENAMETOOLONG) || !name[0]) return;
    wish->attribute = memcmp(name, "user.", 5) == 0;
    wish->owner = use.need == MAY_WRITE && memcmp(name, "system.", 7) == 0;
    if (memcmp(name, "system.", 7) && memcmp(name, "trusted.", 8) && memcmp(name, "security.", 9)) wish->need = use.need;
}

/* Times other than now are the owner's to set. `at`: the argument with the two times. */
static void wish_times(const struct call *call, unsigned at, bool nanoseconds, struct wish *wish) {
    u64 times[4];
    wish->owner = true;
    wish->need = MAY_WRITE;
    if (!call->a[at] || !nanoseconds) {
        if (call->a[at]) wish->need = 0;
    } else if (arch_copy(times, (const void *)call->a[at], sizeof(times)) == 0) {
        if (times[1] == TIME_OMIT && times[3] == TIME_OMIT) wish->owner = false, wish->need = 0;
        else if (times[1] != TIME_NOW || times[3] != TIME_NOW) wish->need = 0;
    }
}

/* The working directory's attributes may be set and read by Linux 6.18; what refuses that too says so itself. */
bool wish_refuses(long number, int fd) {
    bool removes = number == __NR_removexattrat;
    if (!removes && number != __NR_setxattrat && number != __NR_getxattrat) return false;
    return fd == AT_FDCWD ? removes : !descriptor_is_open(fd);
}

struct wish wish_of(const struct call *call, const struct path_argument *argument) {
    const u64 *a = call->a;
    struct wish wish = {.follow = (argument->how & PATH_FOLLOW) != 0, .name = (argument->how & PATH_PARENT) != 0};
    if (argument->flags >= 0) {
        if (a[(int)argument->flags] & AT_SYMLINK_NOFOLLOW) wish.follow = false;
        if (a[(int)argument->flags] & AT_SYMLINK_FOLLOW) wish.follow = true;
    }
    switch (call->number) {
#ifdef __NR_open
    case __NR_open:
    case __NR_creat:
#endif
    case __NR_openat:
    case __NR_openat2: return wish_open(call);
#ifdef __NR_open
    case __NR_access: wish.need = (u32)a[1] & 7; break;
    case __NR_rename:
#endif
#ifdef __NR_renameat
    case __NR_renameat:
#endif
    case __NR_renameat2:
        wish.need = MAY_WRITE;
        break;
#ifdef __NR_open
    case __NR_utime:
    case __NR_utimes: wish_times(call, 1, false, &wish); break;
    case __NR_futimesat: wish_times(call, 2, false, &wish); break;
#endif
    case __NR_utimensat: wish_times(call, 2, true, &wish); break;
    case __NR_faccessat:
    case __NR_faccessat2: wish.need = (u32)a[2] & 7; break;
    case __NR_truncate:
        wish.need = MAY_WRITE;
        wish.contents = wish.regular = true;
        break;
    case __NR_inotify_add_watch:
        wish.need = MAY_READ;
        wish.follow = !(a[2] & IN_DONT_FOLLOW);
        wish.directory = a[2] & IN_ONLYDIR;
        break;
    case __NR_fanotify_mark:
        wish.need = MAY_READ;
        wish.follow = !(a[1] & FAN_MARK_DONT_FOLLOW);
        wish.directory = a[1] & FAN_MARK_ONLYDIR;
        break;
    case __NR_chroot:
    case __NR_chdir:
        wish.directory = true;
        wish.need = MAY_EXECUTE;
        break;
    case __NR_execve:
    case __NR_execveat:
        wish.need = MAY_EXECUTE;
        wish.contents = true;
        break;
    default: wish_attribute(call, attribute_use(call->number), &wish);
    }
    return wish;
}
