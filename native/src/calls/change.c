/* chown, chmod and mknod under emulated root: what the disk cannot take is remembered. */
#include <linux/stat.h>

#include "../engine.h"
#include "../state/directories.h"
#include "../state/ownership.h"
#include "../sys/descriptor.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "ids.h"
#include "owners.h"
#include "resolve.h"

#define PERMISSIONS 07777u
#define KILLED (S_ISUID | S_ISGID)

/* The file a call of this family is about, as the kernel is to be told. */
struct target {
    struct place place;
    char text[PATH_SIZE];
    int directory;
    const char *path;
    u64 flags; /* AT_EMPTY_PATH, AT_SYMLINK_FOLLOW or 0 */
};

static long aim_at_descriptor(int fd, struct target *t) {
    t->directory = fd;
    t->path = "";
    t->flags = AT_EMPTY_PATH;
    return 0;
}

static long aim(int directory, u64 path, u64 flags, bool follow, struct target *t) {
    char first;
    if (flags & AT_EMPTY_PATH && (!path || (arch_copy(&first, (const void *)path, 1) == 0 && !first)))
        return aim_at_descriptor(directory, t);
    long r = resolve_change(directory, path, follow ? PATH_FOLLOW : 0, t->text, &t->place);
    if (r < 0) return r;
    t->directory = t->place.directory;
    t->path = t->place.path;
    t->flags = t->place.flags & PLACE_KERNEL_FOLLOWS ? AT_SYMLINK_FOLLOW : 0;
    return 0;
}

/* May the process give this file to `uid` and `gid` (NO_ID: no change)? */
static bool may_give(const struct ids *ids, const struct file *file, u32 uid, u32 gid) {
    if (ids_capable(ids, CAP_CHOWN)) return true;
    if (ids->user.fs != file->uid) return uid == NO_ID && gid == NO_ID;
    return (uid == NO_ID || uid == file->uid) && (gid == NO_ID || gid == file->gid || ids_in_group(ids, gid));
}

/* Ways through a directory may be open or closed to others now. */
static void tell_rights(const struct file *file) {
    struct cache *cache = S_ISDIR(file->mode) ? directories_open() : NULL;
    if (cache) __atomic_add_fetch(&cache->rights, 1, __ATOMIC_RELEASE);
}

/* Given to whom it belongs: only what it loses by that. */
static long give_to_nobody(const struct ids *ids, struct file *file) {
    u32 lost = file_bits_lost(file);
    if (!lost || !file->known) return 0;
    if (ids->user.fs != file->uid && !ids_capable(ids, CAP_FOWNER)) return -EPERM;
    file->mode &= ~lost;
    return file_remember(file);
}

/* A program that is given away has no capabilities any more. */
static void take_capabilities(const struct target *t) {
    static const char name[] = KEPT_CAPABILITY;
    char path[PATH_SIZE + 64];
    if (t->flags & AT_EMPTY_PATH) {
        link_of(t->directory, path);
        sys(__NR_removexattr, path, name);
    } else if (t->flags & AT_SYMLINK_FOLLOW) {
        sys(__NR_removexattr, t->path, name);
    } else if (t->path[0] == '/' || t->directory == AT_FDCWD) {
        sys(__NR_lremovexattr, t->path, name);
    } else {
        link_of(t->directory, path);
        text_put(path, text_put(path, strlen(path), "/"), t->path);
        sys(__NR_lremovexattr, path, name);
    }
}

static long give(const struct target *t, u32 uid, u32 gid) {
    struct file file;
    long r = file_look(t->directory, t->path, t->flags, &file);
    if (r < 0) return r;
    if (!may_give(ids_now(), &file, uid, gid)) return -EPERM;
    /* Giving it to nobody: the kernel finds read-only file systems, sets the time and clears set-id bits on disk. */
    u64 flags = t->flags & AT_EMPTY_PATH || t->flags & AT_SYMLINK_FOLLOW ? t->flags & AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW;
    r = sys(__NR_fchownat, t->directory, t->path, NO_ID, NO_ID, flags);
    if (r < 0 || !engine.remembers) return r;
    if (uid == NO_ID && gid == NO_ID) return give_to_nobody(ids_now(), &file);
    if (uid != NO_ID) file.uid = uid;
    if (gid != NO_ID) file.gid = gid;
    if (!S_ISDIR(file.mode)) {
        u32 kill = S_ISUID | (file.mode & S_IXGRP ? S_ISGID : 0);
        file.disk_mode &= ~kill;
        file.mode &= ~kill;
    }
    if (S_ISREG(file.mode) && (file.mode & 0111)) take_capabilities(t);
    r = file_remember(&file);
    tell_rights(&file);
    return r;
}

long call_chown(struct call *call) {
    struct target t;
    if (change_refused(call)) return -EROFS;
    if (!engine.emulated) return call_paths(call);
    u64 *a = call->a;
    long r;
    switch (call->number) {
    case __NR_fchown:
        if (!descriptor_is_open((int)a[0])) return -EBADF;
        r = aim_at_descriptor((int)a[0], &t);
        return r < 0 ? r : give(&t, (u32)a[1], (u32)a[2]);
    case __NR_fchownat:
        if (a[4] & ~(u64)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) return -EINVAL;
        r = aim((int)a[0], a[1], a[4], !(a[4] & AT_SYMLINK_NOFOLLOW), &t);
        return r < 0 ? r : give(&t, (u32)a[2], (u32)a[3]);
    default:
        r = aim(AT_FDCWD, a[0], 0, call->row->paths[0].how & PATH_FOLLOW, &t);
        return r < 0 ? r : give(&t, (u32)a[1], (u32)a[2]);
    }
}

/* The call itself, once the target is known. */
static long set_disk_mode(const struct target *t, u32 mode, bool follow) {
    if (t->flags & AT_EMPTY_PATH) return sys(__NR_fchmodat2, t->directory, "", mode, AT_EMPTY_PATH);
    if (!follow) return sys(__NR_fchmodat2, t->directory, t->path, mode, AT_SYMLINK_NOFOLLOW);
    return sys(__NR_fchmodat, t->directory, t->path, mode);
}

/* Set-id bits of programs are never on disk: they would give other users of the host the rights of this one. */
static u32 disk_mode_for(const struct file *file, u32 mode) {
    if (S_ISCHR(file->mode) || S_ISBLK(file->mode)) return file->disk_mode & PERMISSIONS;
    return S_ISREG(file->mode) ? mode & ~(u32)KILLED : mode;
}

static long set_mode(const struct target *t, u32 mode, bool follow, int fd) {
    const struct ids *ids = ids_now();
    struct file file;
    long r = file_look(t->directory, t->path, t->flags, &file);
    if (r < 0) return r;
    if (S_ISLNK(file.mode)) return -EOPNOTSUPP;
    if (ids->user.fs != file.uid && !ids_capable(ids, CAP_FOWNER)) return -EPERM;
    mode &= PERMISSIONS;
    if (!ids_in_group(ids, file.gid) && !ids_capable(ids, CAP_FSETID)) mode &= ~(u32)S_ISGID;
    u32 disk = file.disk_uid == engine.host_uid ? disk_mode_for(&file, mode) : mode;
    r = fd >= 0 ? sys(__NR_fchmod, fd, disk) : set_disk_mode(t, disk, follow);
    if (r < 0) return r;
    file.disk_mode = (file.disk_mode & ~PERMISSIONS) | disk;
    file.mode = (file.mode & ~PERMISSIONS) | mode;
    r = file_remember(&file);
    tell_rights(&file);
    return r;
}

/* A way may be open or closed now; which one is not known. */
static long run_fchmod(struct call *call) {
    struct stat st;
    long r = call_run(call);
    if (r == 0 && engine.mounts.cache && sys(__NR_fstat, call->a[0], &st) == 0 && S_ISDIR(st.st_mode))
        cache_clear(engine.mounts.cache);
    return r;
}

long call_chmod(struct call *call) {
    struct target t;
    u64 *a = call->a;
    if (change_refused(call)) return -EROFS;
    if (!engine.remembers) return call->number == __NR_fchmod ? run_fchmod(call) : call_paths(call);
    if (call->number == __NR_fchmod) {
        if (!descriptor_is_open((int)a[0])) return -EBADF;
        long r = aim_at_descriptor((int)a[0], &t);
        return r < 0 ? r : set_mode(&t, (u32)a[1], true, (int)a[0]);
    }
    bool old = call->row->paths[0].directory < 0;
    u64 flags = call->number == __NR_fchmodat2 ? a[3] : 0, mode = old ? a[1] : a[2];
    bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
    if (flags & ~(u64)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) return -EINVAL;
    long r = aim(old ? AT_FDCWD : (int)a[0], old ? a[0] : a[1], flags, follow, &t);
    return r < 0 ? r : set_mode(&t, (u32)mode, follow, -1);
}

/* A device is an empty file without permissions on disk, so that opening it fails and can be seen to (unlock.c). */
static long make_device(const struct place *place, u32 mode, u32 rdev) {
    struct file file;
    bool whiteout = S_ISCHR(mode) && !rdev; /* anybody's to make */
    if (!whiteout && !ids_capable(ids_now(), CAP_MKNOD)) return -EPERM;
    if (place_has_slash(place)) return check_creation(place, false);
    long fd = sys(__NR_openat, place->directory, place->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  mode & 0777);
    if (fd < 0) return fd;
    long r = file_look((int)fd, "", AT_EMPTY_PATH, &file);
    if (r == 0) r = sys(__NR_fchmod, fd, 0);
    if (r == 0) {
        file.mode = (mode & S_IFMT) | (file.disk_mode & 0777) | (mode & S_ISVTX);
        file.disk_mode &= ~PERMISSIONS;
        file.rdev = rdev;
        file_give_owner(place, &file);
        r = file_remember(&file);
    }
    sys(__NR_close, fd);
    return r;
}

long call_mknod(struct call *call) {
    bool old = call->row->paths[0].directory < 0;
    u64 path = call->a[old ? 0 : 1], mode = call->a[old ? 1 : 2], rdev = call->a[old ? 2 : 3];
    if (!engine.remembers || !(S_ISCHR(mode) || S_ISBLK(mode))) return call_paths(call);
    char text[PATH_SIZE];
    struct place place;
    long r = resolve_change(old ? AT_FDCWD : (int)call->a[0], path, PATH_PARENT, text, &place);
    return r < 0 ? r : make_device(&place, (u32)mode, (u32)rdev);
}
