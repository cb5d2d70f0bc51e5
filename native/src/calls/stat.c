/* stat and its relatives. The kernel fills the guest's own buffer; a link in the last place is seen in the answer. */
#include <asm/stat.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../near.h"
#include "../sys/raw.h"
#include "handlers.h"
#include "own-descriptor.h"
#include "owners.h"
#include "resolve.h"

#ifdef __NR_access
#define __NR_ACCESS_OLD __NR_access
#else
#define __NR_ACCESS_OLD (-1)
#endif

static bool empty_path(u64 path, u64 flags) {
    char first;
    if (!(flags & AT_EMPTY_PATH)) return false;
    return !path || (arch_copy(&first, (const void *)path, 1) == 0 && !first);
}

static long fstatat(const struct place *place, u64 buffer, u64 flags) {
    if (!(place->flags & PLACE_KERNEL_FOLLOWS)) flags |= AT_SYMLINK_NOFOLLOW;
    struct near near = near_place(place);
    long r = sys(__NR_newfstatat, near.directory, near.path, buffer, flags);
    if (r == 0 && engine.emulated) file_show_stat(place->directory, place->path, flags, (struct stat *)buffer);
    return r;
}

/* stat of a descriptor: caught under emulation only, but newfstatat always is. */
static long stat_descriptor(struct call *call, int fd, u64 buffer) {
    if (descriptor_is_own((u32)fd)) return -EBADF;
    long r = call_run(call);
    if (r == 0 && engine.emulated) file_show_stat(fd, "", AT_EMPTY_PATH, (struct stat *)buffer);
    return r;
}

long call_fstat(struct call *call) {
    return stat_descriptor(call, (int)call->a[0], call->a[1]);
}

static long do_stat(int directory, u64 path, u64 buffer, u64 flags) {
    struct path_room room;
    struct place *place = &room.place;
    bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
    long r = resolve_guest(directory, path, follow ? PATH_FOLLOW | PATH_LAZY : 0, room.text, place);
    if (r < 0) return r;
    r = fstatat(place, buffer, flags);
    if (r < 0 || !follow || !S_ISLNK(((struct stat *)buffer)->st_mode)) return r;
    r = resolve_given(directory, PATH_FOLLOW, room.text, place);
    return r < 0 ? r : fstatat(place, buffer, flags);
}

long call_stat(struct call *call) {
    return do_stat(AT_FDCWD, call->a[0], call->a[1], 0);
}

long call_lstat(struct call *call) {
    return do_stat(AT_FDCWD, call->a[0], call->a[1], AT_SYMLINK_NOFOLLOW);
}

long call_newfstatat(struct call *call) {
    if (empty_path(call->a[1], call->a[3])) return stat_descriptor(call, (int)call->a[0], call->a[2]);
    return do_stat((int)call->a[0], call->a[1], call->a[2], call->a[3]);
}

static long place_statx(const struct call *call, const struct place *place) {
    u64 flags = call->a[2] | (place->flags & PLACE_KERNEL_FOLLOWS ? 0 : AT_SYMLINK_NOFOLLOW);
    u64 mask = call->a[3] | STATX_TYPE | (engine.emulated ? STATX_UID | STATX_GID | STATX_MODE | STATX_INO : 0);
    struct near near = near_place(place);
    long r = sys(__NR_statx, near.directory, near.path, flags, mask, call->a[4]);
    if (r == 0 && engine.emulated)
        file_show_statx(place->directory, place->path, flags, (struct statx *)call->a[4]);
    return r;
}

static long statx_descriptor(struct call *call) {
    if (descriptor_is_own(call->a[0])) return -EBADF;
    if (engine.emulated) call->a[3] |= STATX_TYPE | STATX_UID | STATX_GID | STATX_MODE | STATX_INO;
    long r = call_run(call);
    if (r == 0 && engine.emulated)
        file_show_statx((int)call->a[0], "", AT_EMPTY_PATH, (struct statx *)call->a[4]);
    return r;
}

long call_statx(struct call *call) {
    if (empty_path(call->a[1], call->a[2])) return statx_descriptor(call);
    struct path_room room;
    struct place *place = &room.place;
    int directory = (int)call->a[0];
    bool follow = !(call->a[2] & AT_SYMLINK_NOFOLLOW);
    long r = resolve_guest(directory, call->a[1], follow ? PATH_FOLLOW | PATH_LAZY : 0, room.text, place);
    if (r < 0) return r;
    r = place_statx(call, place);
    if (r < 0 || !follow || !S_ISLNK(((struct statx *)call->a[4])->stx_mode)) return r;
    r = resolve_given(directory, PATH_FOLLOW, room.text, place);
    return r < 0 ? r : place_statx(call, place);
}

static bool is_special(const struct place *place) {
    struct stat st;
    if (sys(__NR_newfstatat, place->directory, place->path, &st, 0) < 0) return false;
    return !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* Is something there? One call tells: -EINVAL of readlink, which is quicker than stat. 1: a link. */
static long look_whether_there(const struct place *place) {
    char target[8];
    struct near near = near_place(place);
    long r = sys(__NR_readlinkat, near.directory, near.path, target, sizeof(target));
    return r >= 0 ? 1 : r == -EINVAL ? 0 : r;
}

/* May it be read or run, and is it no link? What belongs to the user who runs the engine has no list of others' rights
 * that could say otherwise, and in the container's own tree nothing else has a say. 1: a link; -EACCES: not for sure. */
static long look_whether_allowed(const struct place *place, u64 mode) {
    struct stat st;
    struct near near = near_place(place);
    long r = sys(__NR_newfstatat, near.directory, near.path, &st, AT_SYMLINK_NOFOLLOW);
    if (r < 0 || S_ISLNK(st.st_mode)) return r < 0 ? r : 1;
    bool ours = st.st_uid == engine.host_uid && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
    return ours && !(mode & ~(u64)(st.st_mode >> 6 & 7)) ? 0 : -EACCES;
}

static u32 writable HOT; /* the device of the tree, once the kernel has let something there be written to */

/* The same where it may be written: on a device where that was so before, by what is not immutable. *device: 0, or the
 * one that a success of the kernel's tells about. */
static long look_whether_writable(const struct place *place, u64 mode, u32 *device) {
    struct statx st;
    struct near near = near_place(place);
    long r = sys(__NR_statx, near.directory, near.path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID, &st);
    if (r < 0 || S_ISLNK(st.stx_mode)) return r < 0 ? r : 1;
    if (st.stx_uid != engine.host_uid || !(S_ISREG(st.stx_mode) || S_ISDIR(st.stx_mode))) return -EACCES;
    *device = st.stx_dev_major << 20 | st.stx_dev_minor;
    if (*device != writable || st.stx_attributes & STATX_ATTR_IMMUTABLE) return -EACCES;
    return mode & ~(u64)(st.stx_mode >> 6 & 7) ? -EACCES : 0;
}

/* access, faccessat, faccessat2: writing to files of a read-only mount is refused, to devices and pipes there not. */
long call_access(struct call *call) {
    struct path_room room;
    struct place *place = &room.place;
    bool at = call->number != __NR_ACCESS_OLD, new = call->number == __NR_faccessat2;
    u64 mode = call->a[at ? 2 : 1], flags = new ? call->a[3] : 0;
    int directory = at ? (int)call->a[0] : AT_FDCWD;
    if (empty_path(call->a[1], flags)) {
        long r = call_run(call);
        return r == 0 && (mode & 2) && descriptor_read_only(directory) ? -EROFS : r;
    }
    bool walks = (mode & 2) && engine.mounts.any_read_only;
    u32 how = (flags & AT_SYMLINK_NOFOLLOW ? 0 : PATH_FOLLOW) | (walks ? PATH_WRITE : PATH_LAZY), device = 0;
    long r = resolve_guest(directory, call->a[at ? 1 : 0], how, room.text, place);
    if (r < 0) return r;
    bool known = !(flags & ~(u64)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
    if (how & PATH_LAZY && how & PATH_FOLLOW && !(place->flags & PLACE_KERNEL_FOLLOWS)) { /* is it a link? */
        bool one = known && (!mode || (place->mount == 0 && engine.host_uid)); /* may one call tell? */
        if (!mode || !one) r = look_whether_there(place);
        else r = mode & 2 ? look_whether_writable(place, mode, &device) : look_whether_allowed(place, mode);
        if (r == 0 && one) return 0;
        if (r < 0 && r != -EACCES) return r;
        if (r == 1 && (r = resolve_given(directory, PATH_FOLLOW, room.text, place)) < 0) return r;
    }
    struct near near = near_place(place);
    if (new) {
        if (!(place->flags & PLACE_KERNEL_FOLLOWS)) flags |= AT_SYMLINK_NOFOLLOW;
        r = sys(__NR_faccessat2, near.directory, near.path, mode, flags);
    } else {
        r = sys(__NR_faccessat, near.directory, near.path, mode);
    }
    if (r == 0 && device && device != writable) writable = device;
    return r == 0 && (mode & 2) && (place->flags & PLACE_READ_ONLY) && !is_special(place) ? -EROFS : r;
}
