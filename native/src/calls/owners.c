/* Between the disk, the table of owners and the guest. Files of the invoking user are seen as root's unless the
 * table says otherwise; files of others keep their owner. */
#include "owners.h"

#include <linux/time.h>

#include "../engine.h"
#include "../near.h"
#include "../state/ownership.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "ids.h"
#include "wish.h"

#define SECOND 1000000000UL
#define PROC_BLOCK 1024 /* st_blksize in /proc */

static u32 device_of(u32 major, u32 minor) {
    return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

static u64 birth_of(const struct statx *st) {
    return st->stx_mask & STATX_BTIME ? (u64)st->stx_btime.tv_sec * SECOND + st->stx_btime.tv_nsec : 0;
}

void file_show_ids(u32 *uid, u32 *gid) {
    if (*uid == engine.host_uid) {
        *uid = engine.base_uid;
        *gid = engine.base_gid;
    } else if (*gid == engine.host_gid) {
        *gid = engine.base_gid;
    }
}

/* The record of a file; one that belonged to an earlier file of the same number is dropped. One without a name keeps its
 * number as long as it is open, so what has a name is another. */
static bool recall(u32 device, u64 inode, u64 birth, u32 links, struct ownership *known) {
    if (!ownership_find(device, inode, known)) return false;
    if (known->birth == birth && !(known->left && links)) return true;
    ownership_remove(device, inode, known->birth);
    return false;
}

long file_look(int directory, const char *path, u64 flags, struct file *file) {
    struct statx st;
    if (!(flags & AT_SYMLINK_FOLLOW)) flags |= AT_SYMLINK_NOFOLLOW;
    struct near near = near_path(directory, path);
    long r = sys(__NR_statx, near.directory, near.path, flags & ~(u64)AT_SYMLINK_FOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st);
    if (r < 0) return r;
    file->device = device_of(st.stx_dev_major, st.stx_dev_minor);
    file->inode = st.stx_ino;
    file->birth = birth_of(&st);
    file->disk_uid = file->uid = st.stx_uid;
    file->disk_gid = file->gid = st.stx_gid;
    file->disk_mode = file->mode = st.stx_mode;
    file->disk_rdev = file->rdev = device_of(st.stx_rdev_major, st.stx_rdev_minor);
    file->links = st.stx_nlink;
    file->left = 0;
    struct ownership known;
    file->known = engine.remembers && recall(file->device, file->inode, file->birth, file->links, &known);
    if (!file->known) {
        file_show_ids(&file->uid, &file->gid);
        return 0;
    }
    file->uid = known.uid;
    file->gid = known.gid;
    file->left = known.left;
    if (known.mode) file->mode = known.mode, file->rdev = known.rdev;
    return 0;
}

long file_remember(const struct file *file) {
    u32 uid = file->disk_uid, gid = file->disk_gid;
    file_show_ids(&uid, &gid);
    bool mode_differs = file->mode != file->disk_mode;
    if (uid == file->uid && gid == file->gid && !mode_differs) {
        if (file->known) ownership_remove(file->device, file->inode, file->birth);
        return 0;
    }
    struct ownership record = {
        .inode = file->inode, .birth = file->birth, .device = file->device, .uid = file->uid, .gid = file->gid,
        .mode = mode_differs ? file->mode : 0, .rdev = mode_differs ? file->rdev : 0,
        .left = file->left,
    };
    if (S_ISDIR(file->mode) && (file->mode & S_ISGID)) ownership_note_setgid();
    return ownership_put(&record);
}

/* A hit: the birth time, which stat does not tell, must be right. */
static bool verify(struct ownership *known, int directory, const char *path, u64 flags) {
    struct statx st;
    if (!known->birth && !known->left) return true;
    if (sys(__NR_statx, directory, path, flags, STATX_BTIME | STATX_NLINK, &st) < 0 || st.stx_ino != known->inode) return false;
    return recall(device_of(st.stx_dev_major, st.stx_dev_minor), st.stx_ino, birth_of(&st), st.stx_nlink, known);
}

void file_show_stat(int directory, const char *path, u64 flags, struct stat *st) {
    struct ownership known;
    if (st->st_blksize == PROC_BLOCK && !st->st_size && st->st_uid == engine.host_uid &&
        file_show_process(directory, path, st->st_mode, &st->st_uid, &st->st_gid))
        return;
    if (!engine.remembers || !ownership_find((u32)st->st_dev, st->st_ino, &known) ||
        !verify(&known, directory, path, flags)) {
        file_show_ids(&st->st_uid, &st->st_gid);
        return;
    }
    st->st_uid = known.uid;
    st->st_gid = known.gid;
    if (known.mode) st->st_mode = known.mode, st->st_rdev = known.rdev;
}

void file_show_statx(int directory, const char *path, u64 flags, struct statx *st) {
    u32 device = device_of(st->stx_dev_major, st->stx_dev_minor);
    struct ownership known;
    if (st->stx_blksize == PROC_BLOCK && !st->stx_size && st->stx_uid == engine.host_uid &&
        file_show_process(directory, path, st->stx_mode, &st->stx_uid, &st->stx_gid))
        return;
    if (!engine.remembers || !ownership_find(device, st->stx_ino, &known) || !verify(&known, directory, path, flags)) {
        file_show_ids(&st->stx_uid, &st->stx_gid);
        return;
    }
    st->stx_uid = known.uid;
    st->stx_gid = known.gid;
    if (!known.mode) return;
    st->stx_mode = (u16)known.mode;
    st->stx_rdev_major = known.rdev >> 8 & 0xfff;
    st->stx_rdev_minor = (known.rdev & 0xff) | (known.rdev >> 12 & 0xfff00);
}

long file_look_parent(const struct place *place, struct file *file) {
    char path[PATH_ROOM];
    size_t n = strlen(place->path);
    while (n && place->path[n - 1] == '/') n--;
    while (n && place->path[n - 1] != '/') n--;
    if (n >= sizeof(path)) return -ENAMETOOLONG;
    if (!n) return place->directory == AT_FDCWD ? file_look(AT_FDCWD, ".", AT_SYMLINK_FOLLOW, file)
                                                : file_look(place->directory, "", AT_EMPTY_PATH, file);
    memcpy(path, place->path, n);
    path[n] = 0;
    return file_look(place->directory, path, AT_SYMLINK_FOLLOW, file);
}

bool file_made_matters(void) {
    const struct ids *ids = ids_now();
    if (!engine.remembers) return false;
    if (ids->user.fs != engine.base_uid || ids->group.fs != engine.base_gid || ownership_any_setgid()) return true;
    return ownership_any_since(~0UL); /* without birth times only this tells that it is no file of before */
}

/* The owner of what was made at a place, and its group where the directory hands on its own. */
void file_give_owner(const struct place *place, struct file *file) {
    const struct ids *ids = ids_now();
    struct file parent;
    file->uid = ids->user.fs;
    file->gid = ids->group.fs;
    if (place && file_look_parent(place, &parent) == 0 && (parent.mode & S_ISGID)) file->gid = parent.gid;
}

void file_made(const struct place *place) {
    struct file file;
    if (!file_made_matters() || file_look(place->directory, place->path, 0, &file) < 0) return;
    file.mode = file.disk_mode, file.rdev = file.disk_rdev;
    file_give_owner(place, &file);
    file_remember(&file);
}

void file_made_open(int fd, const struct place *place, u64 mode) {
    struct file file;
    if (file_look(fd, "", AT_EMPTY_PATH, &file) < 0) return;
    file.mode = file.disk_mode | (u32)(mode & (S_ISUID | S_ISGID)), file.rdev = file.disk_rdev;
    file_give_owner(place, &file);
    file_remember(&file);
}

u32 file_bits_lost(const struct file *file) {
    const struct ids *ids = ids_now();
    if (!S_ISREG(file->mode)) return 0;
    bool group = (file->mode & S_IXGRP) || !(ids_capable(ids, CAP_FSETID) || ids_in_group(ids, file->gid));
    return file->mode & (S_ISUID | (group ? S_ISGID : 0));
}

void file_written(int directory, const char *path, u64 flags) {
    struct file file;
    if (ids_capable(ids_now(), CAP_FSETID) || file_look(directory, path, flags, &file) < 0) return;
    u32 lost = file_bits_lost(&file);
    if (!lost || !file.known) return;
    file.mode &= ~lost;
    file_remember(&file);
}

/* A record left behind is found out by the birth time when the inode number is used again. Only where a file can be
 * remembered, removed and replaced within one tick of the clock, or has no birth time, must it be marked. */
bool file_leaving(const struct place *place, struct file *file) {
    struct timespec now;
    if (!engine.remembers || sys(__NR_clock_gettime, CLOCK_REALTIME_COARSE, &now) < 0) return false;
    if (!ownership_any_since(((u64)now.tv_sec - 2) * SECOND)) return false;
    if (file_look(place->directory, place->path, 0, file) < 0) return false;
    if (!file->known || (file->links > 1 && !S_ISDIR(file->disk_mode))) return false;
    ownership_leave(file->device, file->inode, file->birth, (u32)now.tv_sec);
    return true;
}

bool file_permits(const struct ids *ids, const struct file *file, u32 need) {
    bool no_program = !S_ISDIR(file->mode) && !(file->mode & 0111);
    if (ids_capable(ids, CAP_DAC_OVERRIDE) && !((need & MAY_EXECUTE) && no_program)) return true;
    unsigned shift = ids->user.fs == file->uid ? 6 : ids_in_group(ids, file->gid) ? 3 : 0;
    return (file->mode >> shift & need) == need;
}

bool in_own_tree(const char *host_path) {
    size_t n = strlen(engine.plan.root);
    return memcmp(host_path, engine.plan.root, n) == 0 && (host_path[n] == '/' || !host_path[n] || n == 1);
}
