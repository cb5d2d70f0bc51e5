/* stat and its relatives. The kernel fills the guest's own buffer; a link in the last place is seen in the answer. */
#include <asm/stat.h>
#include <linux/stat.h>

#include "../sys/raw.h"
#include "handlers.h"
#include "resolve.h"

static bool empty_path(u64 path, u64 flags) {
    char first;
    if (!(flags & AT_EMPTY_PATH)) return false;
    return !path || (arch_copy(&first, (const void *)path, 1) == 0 && !first);
}

static long fstatat(const struct place *place, u64 buffer, u64 flags) {
    if (!(place->flags & PLACE_KERNEL_FOLLOWS)) flags |= AT_SYMLINK_NOFOLLOW;
    return sys(__NR_newfstatat, place->directory, place->path, buffer, flags);
}

static long do_stat(int directory, u64 path, u64 buffer, u64 flags) {
    char text[PATH_SIZE];
    struct place place;
    bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
    long r = resolve_guest(directory, path, follow ? PATH_FOLLOW | PATH_LAZY : 0, text, &place);
    if (r < 0) return r;
    r = fstatat(&place, buffer, flags);
    if (r < 0 || !follow || !S_ISLNK(((struct stat *)buffer)->st_mode)) return r;
    r = resolve_at(directory, text, PATH_FOLLOW, &place);
    return r < 0 ? r : fstatat(&place, buffer, flags);
}

long call_stat(struct call *call) {
    return do_stat(AT_FDCWD, call->a[0], call->a[1], 0);
}

long call_lstat(struct call *call) {
    return do_stat(AT_FDCWD, call->a[0], call->a[1], AT_SYMLINK_NOFOLLOW);
}

long call_newfstatat(struct call *call) {
    if (empty_path(call->a[1], call->a[3])) return call_run(call);
    return do_stat((int)call->a[0], call->a[1], call->a[2], call->a[3]);
}

static long place_statx(const struct call *call, const struct place *place) {
    u64 flags = call->a[2] | (place->flags & PLACE_KERNEL_FOLLOWS ? 0 : AT_SYMLINK_NOFOLLOW);
    return sys(__NR_statx, place->directory, place->path, flags, call->a[3] | STATX_TYPE, call->a[4]);
}

long call_statx(struct call *call) {
    if (empty_path(call->a[1], call->a[2])) return call_run(call);
    char text[PATH_SIZE];
    struct place place;
    int directory = (int)call->a[0];
    bool follow = !(call->a[2] & AT_SYMLINK_NOFOLLOW);
    long r = resolve_guest(directory, call->a[1], follow ? PATH_FOLLOW | PATH_LAZY : 0, text, &place);
    if (r < 0) return r;
    r = place_statx(call, &place);
    if (r < 0 || !follow || !S_ISLNK(((struct statx *)call->a[4])->stx_mode)) return r;
    r = resolve_at(directory, text, PATH_FOLLOW, &place);
    return r < 0 ? r : place_statx(call, &place);
}
