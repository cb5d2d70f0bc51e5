/* Extended attributes under emulated root. security.* and trusted.* are for real root only; they are kept as
 * user.udocker.security.* and so on, and shown under their own names. Where the file cannot have user attributes
 * (links, devices, some file systems) the answer is ENOTSUP. */
#include <linux/limits.h>

#include "../engine.h"
#include "../near.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "ids.h"
#include "owners.h"
#include "resolve.h"

#define PREFIX_LENGTH (sizeof(KEPT_PREFIX) - 1)

static bool is_privileged(const char *name) {
    return text_starts(name, "security.") || text_starts(name, "trusted.");
}

/* The name argument in place of the guest's, where it needs another. `name`: room for it. 0 or -errno. */
static long rename_attribute(struct call *call, char *name) {
    char given[NAME_MAX + 1];
    if (!engine.remembers) return 0;
    long r = arch_copy_text(given, (const char *)call->a[1], sizeof(given));
    if (r == -ENAMETOOLONG) return -ERANGE;
    if (r < 0 || !is_privileged(given)) return r < 0 ? r : 0;
    bool writes = call->number == __NR_setxattr || call->number == __NR_lsetxattr || call->number == __NR_fsetxattr ||
                  call->number == __NR_removexattr || call->number == __NR_lremovexattr ||
                  call->number == __NR_fremovexattr;
    if ((writes || text_starts(given, "trusted.")) && !ids_capable(ids_now(), CAP_SETFCAP)) return 0; /* the kernel refuses */
    if (text_starts(given, "security.selinux")) return 0; /* the host's, if it has one */
    if (PREFIX_LENGTH + (size_t)r > NAME_MAX) return -ERANGE;
    text_put(name, text_put(name, 0, KEPT_PREFIX), given);
    call->a[1] = (u64)name;
    return 0;
}

/* Capabilities of a file that make no sense the kernel does not take: cap_convert_nscap(). */
static bool is_wrong_capability(const struct call *call, const char *name) {
    struct program_rights rights;
    u8 value[XATTR_CAPS_SZ_3];
    u64 size = call->a[3];
    bool sets = call->number == __NR_setxattr || call->number == __NR_lsetxattr || call->number == __NR_fsetxattr;
    if (!sets || !text_equal(name, KEPT_CAPABILITY)) return false;
    if (size != XATTR_CAPS_SZ_2 && size != XATTR_CAPS_SZ_3) return true;
    return arch_copy(value, (const void *)call->a[2], size) == 0 && program_capabilities(&rights, value, size) < 0;
}

/* getxattr or lgetxattr, from near by where the kernel has a call for that (Linux 6.13): `ls -l` asks each file twice. */
static long read_attribute(const struct place *place, const struct call *call) {
    static bool unknown;
    struct { /* the kernel's struct xattr_args */
        u64 value;
        u32 size, flags;
    } arguments = {call->a[2], call->a[3] < XATTR_SIZE_MAX ? (u32)call->a[3] : XATTR_SIZE_MAX, 0};
    struct near near = near_place(place);
    bool follows = place->flags & PLACE_KERNEL_FOLLOWS && call->number == __NR_getxattr;
    if (near.directory != AT_FDCWD && !unknown) {
        u64 flags = follows ? 0 : AT_SYMLINK_NOFOLLOW;
        long r = sys(__NR_getxattrat, near.directory, near.path, flags, call->a[1], &arguments, sizeof(arguments));
        if (r != -ENOSYS && r != -EPERM) return r; /* EPERM: a filter of the host's does not know it */
        unknown = r == -ENOSYS;
    }
    return sys(follows ? __NR_getxattr : __NR_lgetxattr, place->path, call->a[1], call->a[2], call->a[3]);
}

static long run(struct call *call) {
    char text[PATH_SIZE];
    struct place place;
    if (call->row->paths[0].path < 0) return call_run(call);
    if (call->number != __NR_getxattr && call->number != __NR_lgetxattr) return call_paths(call);
    long r = resolve_guest(AT_FDCWD, call->a[0], call->row->paths[0].how, text, &place);
    return r < 0 ? r : read_attribute(&place, call);
}

/* An access control list sets the mode on disk: the remembered mode of the file follows, and a device stays shut. */
static long set_access_list(struct call *call) {
    char text[PATH_SIZE];
    struct place place;
    struct file file;
    bool descriptor = call->row->paths[0].path < 0;
    long r = descriptor ? 0 : resolve_change(AT_FDCWD, call->a[0], call->row->paths[0].how, text, &place);
    if (r < 0) return r;
    if (!descriptor) call->a[0] = (u64)place.path;
    r = call_run(call);
    if (r < 0) return r;
    int at = descriptor ? (int)call->a[0] : AT_FDCWD;
    const char *path = descriptor ? "" : place.path;
    u64 flags = descriptor ? AT_EMPTY_PATH : 0;
    if (file_look(at, path, flags, &file) < 0 || !file.known || file.mode == file.disk_mode) return r;
    file.mode = (file.mode & ~0777u) | (file.disk_mode & 0777);
    if (S_ISCHR(file.mode) || S_ISBLK(file.mode)) {
        long shut = descriptor ? sys(__NR_fchmod, at, 0) : sys(__NR_fchmodat, at, path, 0);
        if (shut < 0) return shut;
        file.disk_mode &= S_IFMT;
    }
    return file_remember(&file);
}

static bool is_access_list(const struct call *call) {
    static const char name[] = "system.posix_acl_access";
    char given[sizeof(name)];
    if (!engine.remembers) return false;
    if (call->number != __NR_setxattr && call->number != __NR_lsetxattr && call->number != __NR_fsetxattr) return false;
    return arch_copy(given, (const void *)call->a[1], sizeof(given)) == 0 && memcmp(given, name, sizeof(name)) == 0;
}

/* getxattr of an access control list, which ls asks of every file: a link has none and says so, else what the kernel
 * answers of the name itself is the answer, and nothing has to be looked at before. -EOPNOTSUPP: it may be a link. */
static long get_access_list(struct call *call) {
    static const char name[] = "system.posix_acl_";
    char given[sizeof(name) - 1], text[PATH_SIZE];
    struct place place;
    if (arch_copy(given, (const void *)call->a[1], sizeof(given)) < 0 || memcmp(given, name, sizeof(given)) != 0)
        return -EOPNOTSUPP;
    long r = resolve_guest(AT_FDCWD, call->a[0], PATH_FOLLOW | PATH_LAZY, text, &place);
    if (r < 0 || place.flags & PLACE_KERNEL_FOLLOWS) return r < 0 ? r : -EOPNOTSUPP;
    return read_attribute(&place, call);
}

long call_attribute(struct call *call) {
    char name[NAME_MAX + 1];
    if (call->number == __NR_getxattr) {
        long r = get_access_list(call);
        if (r >= 0 || r == -ENODATA || r == -ENOENT) return r;
    }
    if (change_refused(call)) return -EROFS;
    if (is_access_list(call)) return set_access_list(call);
    u64 given = call->a[1];
    long r = rename_attribute(call, name);
    if (r < 0) return r;
    bool renamed = call->a[1] != given;
    if (renamed && is_wrong_capability(call, name)) return -EINVAL;
    r = run(call);
    return renamed && r == -EPERM ? -EOPNOTSUPP : r; /* user attributes of links and devices */
}

/* The list as the guest is to see it: kept names without their prefix. */
static long show_names(char *list, long size) {
    long to = 0;
    for (long from = 0; from < size;) {
        const char *name = list + from;
        size_t n = strlen(name) + 1;
        from += (long)n;
        if (text_starts(name, KEPT_PREFIX)) name += PREFIX_LENGTH, n -= PREFIX_LENGTH;
        memmove(list + to, name, n);
        to += (long)n;
    }
    return to;
}

long call_attribute_list(struct call *call) {
    char list[16384];
    u64 to = call->a[1], size = call->a[2];
    if (!engine.remembers) return run(call);
    call->a[1] = (u64)list;
    call->a[2] = sizeof(list) - 1;
    long r = run(call);
    if (r <= 0) return r;
    list[r] = 0;
    r = show_names(list, r);
    if (!size) return r;
    if ((u64)r > size) return -ERANGE;
    long copied = arch_copy((void *)to, list, (size_t)r);
    return copied < 0 ? copied : r;
}
