/* open, creat, openat, openat2. */
#include <asm/stat.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../near.h"
#include "../sys/raw.h"
#include "handlers.h"
#include "own-descriptor.h"
#include "owners.h"
#include "permit.h"
#include "resolve.h"
#include "running.h"
#include "status.h"
#include "views.h"
#include "wish.h"

static bool may_write(u64 flags) {
    if (flags & O_PATH) return false; /* the other flags are not looked at */
    return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
}

static bool never_follows(u64 flags) {
    if (flags & O_PATH) return flags & O_NOFOLLOW;
    return (flags & O_NOFOLLOW) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
}

/* What a read-only mount refuses of an open, in the kernel's order. 0: go on, with *flags changed. */
static long refuse_open(const struct place *place, u64 *flags) {
    struct stat st;
    u64 follow = place->flags & PLACE_KERNEL_FOLLOWS ? 0 : AT_SYMLINK_NOFOLLOW;
    if (!(place->flags & PLACE_READ_ONLY) || !may_write(*flags)) return 0;
    long r = sys(__NR_newfstatat, place->directory, place->path, &st, follow);
    if (r == -ENOENT && (*flags & O_CREAT)) {
        r = place_parent(place, 0);
        return r < 0 ? r : -EROFS;
    }
    if (r < 0) return r;
    if ((*flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return -EEXIST;
    if (S_ISDIR(st.st_mode)) return (*flags & O_TMPFILE) == O_TMPFILE ? -EROFS : -EISDIR;
    if (*flags & O_DIRECTORY) return -ENOTDIR;
    *flags &= ~(u64)O_CREAT;
    if (!S_ISREG(st.st_mode) || !may_write(*flags)) return 0;
    if (*flags & O_TRUNC) return -EROFS; /* before its mode is looked at */
    static const u8 modes[] = {4, 2, 6, 6};
    r = sys(__NR_faccessat2, place->directory, place->path, modes[*flags & O_ACCMODE], AT_EACCESS | follow);
    return r < 0 ? r : -EROFS;
}

/* In /proc a file may have a view, and a directory's names must be looked at from now on. */
static long open_proc(struct call *call, const struct place *place, u64 flags, u64 mode) {
    struct stat st;
    u64 a[6] = {(u64)place->directory, (u64)place->path, flags, mode};
    const struct view *view = flags & O_PATH || (flags & O_ACCMODE) ? NULL : view_of(place->path);
    if (view) return view_open(view, place->path, flags);
    if (engine.emulated) {
        long r = status_open(place, flags);
        if (r != -EXDEV) return r;
    }
    long r = arch_blocking(__NR_openat, a, call->slot);
    if (r >= 0 && !engine.proc_seen && sys(__NR_fstat, r, &st) == 0 && S_ISDIR(st.st_mode)) engine.proc_seen = true;
    return r;
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
    long r = refuse_open(place, &flags);
    if (r == 0) r = running_refuses(place, flags);
    if (r < 0) return r;
    bool nameless = (flags & O_TMPFILE) == O_TMPFILE; /* made in the directory behind a link of /proc */
    if ((place->flags & PLACE_PROC) && !nameless) return open_proc(call, place, flags, mode);
    struct near near = near_place(place);
    u64 a[6] = {(u64)near.directory, (u64)near.path, flags, mode};
    if (engine.remembers && flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) return open_remembering(call, place, a);
    return arch_blocking(__NR_openat, a, call->slot);
}

/* What an open ends with: that a link is not followed and a socket not opened comes behind whose they are. */
static long end_open(const struct place *place, u64 flags, long r) {
    bool late = r == -ELOOP || r == -ENXIO;
    return late && (flags & (O_CREAT | O_EXCL | O_PATH)) == O_CREAT && permit_kept(place) ? -EACCES : r;
}

static u32 how_created(u64 flags) {
    if ((flags & (O_CREAT | O_PATH)) != O_CREAT) return 0;
    return flags & O_EXCL ? PATH_CREATE | PATH_EXCLUSIVE : PATH_CREATE;
}

/* A path that leads down from a directory, if no link is met, without asking where that directory is. */
static bool open_below(struct call *call, int directory, char *path, u64 flags, u64 mode, long *result) {
    if (descriptor_is_own((u32)directory)) return false;
    bool makes = flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY));
    if ((engine.remembers && makes) || (engine.mounts.any_read_only && may_write(flags)) || !leads_down(path)) return false;
    if (may_write(flags) && running_known(path)) return false;
    struct open_how how = {flags, makes ? mode & 07777 : 0, RESOLVE_NO_SYMLINKS};
    u64 a[6] = {(u64)directory, (u64)path, (u64)&how, sizeof(how)};
    long r = *result = arch_blocking(__NR_openat2, a, call->slot);
    /* A link, flags that only openat2 refuses, or a host without it; also what must be answered in an order of its own. */
    return r != -ELOOP && r != -EINVAL && r != -ENOSYS && r != -EPERM && r != -ENAMETOOLONG;
}

/* First as if the last name were no link, refused by the kernel if it is one; then with the link followed. */
static long open_path(struct call *call, int directory, u64 path, u64 flags, u64 mode) {
    struct path_room room;
    struct place *place = &room.place;
    u32 how = never_follows(flags) ? 0 : PATH_FOLLOW | ((flags & O_PATH) ? 0 : PATH_LAZY);
    if (may_write(flags)) how |= PATH_WRITE | how_created(flags);
    long r = resolve_copy(path, place), length = r;
    if (r < 0) return r;
    if (place->given[0] != '/' && open_below(call, directory, (char *)place->given, flags, mode, &r)) return r;
    r = resolve_copied(directory, (size_t)length, how, room.text, place);
    if (r < 0) return r;
    if (place->flags & PLACE_KERNEL_FOLLOWS) return open_place(call, place, flags, mode);
    r = open_place(call, place, flags | O_NOFOLLOW, mode);
    if (r >= 0 && (flags & O_PATH) && (flags & O_NOFOLLOW)) engine.links_open = true;
    if ((r != -ELOOP && r != -ENOTDIR) || !(how & PATH_LAZY)) return end_open(place, flags, r);
    long first = r;
    r = resolve_given(directory, how & ~(u32)PATH_LAZY, room.text, place);
    if (r < 0) return r;
    if (place->flags & PLACE_KERNEL_FOLLOWS) return open_place(call, place, flags, mode);
    r = open_place(call, place, flags | O_NOFOLLOW, mode);
    return r == -ELOOP ? first : end_open(place, flags, r);
}

/* What is cut or appended to loses its set-id bits, unless root does so; the kernel takes them at the first write, which
 * is not caught. */
static long do_open(struct call *call, int directory, u64 path, u64 flags, u64 mode) {
    long r = open_path(call, directory, path, flags, mode);
    if (r >= 0 && (flags & (O_TRUNC | O_APPEND)) && may_write(flags) && engine.remembers) file_written((int)r, "", AT_EMPTY_PATH);
    return r;
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

/* openat2 with RESOLVE_ flags: they are kept on the walk, and nothing is left of them for the kernel. */
static long open_resolved(struct call *call, struct open_how *wanted) {
    char text[PATH_SIZE];
    struct place place;
    u32 how = PATH_WALK | wish_resolve(wanted->resolve) | (never_follows(wanted->flags) ? 0 : PATH_FOLLOW);
    if (wanted->resolve & RESOLVE_CACHED) return -EAGAIN; /* the kernel may always say so */
    if (may_write(wanted->flags)) how |= PATH_WRITE | how_created(wanted->flags);
    long r = arch_copy_text(text, (const char *)call->a[1], sizeof(text));
    if (r < 0) return r;
    if ((r = resolve_at((int)call->a[0], text, how, &place)) < 0) return r;
    r = open_place(call, &place, wanted->flags | (place.flags & PLACE_KERNEL_FOLLOWS ? 0 : O_NOFOLLOW), wanted->mode);
    return r == -ELOOP && !never_follows(wanted->flags) ? -EXDEV : end_open(&place, wanted->flags, r);
}

long call_openat2(struct call *call) {
    struct open_how how;
    if (call->a[3] < sizeof(how)) return -EINVAL;
    if (call->a[3] > arch_page()) return -E2BIG;
    long r = arch_copy(&how, (const void *)call->a[2], sizeof(how));
    if (r < 0) return r;
    for (u64 i = sizeof(how); i < call->a[3]; i++) {
        u8 more;
        if ((r = arch_copy(&more, (const u8 *)call->a[2] + i, 1)) < 0) return r;
        if (more) return -E2BIG;
    }
    r = sys(__NR_openat2, AT_FDCWD, "", &how, sizeof(how)); /* is it well formed? */
    if (r != -ENOENT) return r;
    if (!how.resolve) return do_open(call, (int)call->a[0], call->a[1], how.flags, how.mode);
    return open_resolved(call, &how);
}
