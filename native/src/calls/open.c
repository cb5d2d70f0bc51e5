/* open, creat, openat, openat2. */
#include <linux/openat2.h>

#include "../engine.h"
#include "../sys/raw.h"
#include "handlers.h"
#include "owners.h"
#include "resolve.h"
#include "status.h"

static bool may_write(u64 flags) {
    return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
}

static bool never_follows(u64 flags) {
    return (flags & O_NOFOLLOW) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
}

/* An open under emulated root that may make a file. */
static long open_remembering(struct call *call, const struct place *place, u64 a[6]) {
    struct file file;
    u64 mode = a[3];
    if (!file_made_matters() && !(mode & (S_ISUID | S_ISGID))) return arch_blocking(__NR_openat, a, call->slot);
    bool nameless = (a[2] & O_TMPFILE) == O_TMPFILE;
    bool there = !nameless && file_look(place->directory, place->path, 0, &file) == 0;
    a[3] &= ~(u64)(S_ISUID | S_ISGID);
    long r = arch_blocking(__NR_openat, a, call->slot);
    if (r >= 0 && !there) file_made_open((int)r, place, mode);
    return r;
}

static long open_place(struct call *call, const struct place *place, u64 flags, u64 mode) {
    u64 a[6] = {(u64)place->directory, (u64)place->path, flags, mode};
    if (place->flags & PLACE_PROC && flags & O_DIRECTORY) engine.proc_seen = true;
    if (place->flags & PLACE_PROC && engine.emulated) {
        long r = status_open(place, flags);
        if (r != -EXDEV) return r;
    }
    if (engine.remembers && flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) return open_remembering(call, place, a);
    return arch_blocking(__NR_openat, a, call->slot);
}

/* First as if the last name were no link, refused by the kernel if it is one; then with the link followed. */
static long do_open(struct call *call, int directory, u64 path, u64 flags, u64 mode) {
    char text[PATH_SIZE];
    struct place place;
    u32 how = never_follows(flags) ? 0 : PATH_FOLLOW | ((flags & O_PATH) ? 0 : PATH_LAZY);
    if (may_write(flags)) how |= PATH_WRITE;
    long r = resolve_guest(directory, path, how, text, &place);
    if (r < 0) return r;
    if (place.flags & PLACE_KERNEL_FOLLOWS) return open_place(call, &place, flags, mode);
    r = open_place(call, &place, flags | O_NOFOLLOW, mode);
    if ((r != -ELOOP && r != -ENOTDIR) || !(how & PATH_LAZY)) return r;
    long first = r;
    r = resolve_at(directory, text, how & ~(u32)PATH_LAZY, &place);
    if (r < 0) return r;
    if (place.flags & PLACE_KERNEL_FOLLOWS) return open_place(call, &place, flags, mode);
    r = open_place(call, &place, flags | O_NOFOLLOW, mode);
    return r == -ELOOP ? first : r;
}

long call_open(struct call *call) {
    return do_open(call, AT_FDCWD, call->a[0], call->a[1], call->a[2]);
}

long call_creat(struct call *call) {
    return do_open(call, AT_FDCWD, call->a[0], O_CREAT | O_WRONLY | O_TRUNC, call->a[1]);
}

long call_openat(struct call *call) {
    return do_open(call, (int)call->a[0], call->a[1], call->a[2], call->a[3]);
}

long call_openat2(struct call *call) {
    struct open_how how;
    if (call->a[3] < sizeof(how)) return -EINVAL;
    if (call->a[3] > PAGE_SIZE) return -E2BIG;
    long r = arch_copy(&how, (const void *)call->a[2], sizeof(how));
    if (r < 0) return r;
    if (how.resolve) return -ENOSYS; /* as before Linux 5.6: programs fall back */
    return do_open(call, (int)call->a[0], call->a[1], how.flags, how.mode);
}
