/* Removing, renaming and linking: what mounts forbid that the host's file system would allow. The order of the checks
 * is the kernel's (fs/namei.c). */
#include <asm/stat.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "../engine.h"
#include "../near.h"
#include "running.h"
#include "../state/moves.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "order.h"
#include "owners.h"
#include "permit.h"
#include "resolve.h"

#define WRITE_AND_SEARCH 3 /* W_OK | X_OK */

/* What a name is. A mount point that could not be made in the tree is there all the same. */
static long look(const struct place *place, struct stat *st) {
    long r = place_look(place, st);
    if (r != -ENOENT || !(place->flags & PLACE_MOUNT_POINT)) return r;
    st->st_mode = S_IFDIR;
    st->st_dev = st->st_ino = 0;
    return 0;
}

static long refuse_removal(const struct place *place, bool directory) {
    struct stat st;
    u32 flags = place->flags;
    long r;
    if (!(flags & (PLACE_READ_ONLY | PLACE_MOUNT_POINT))) return 0;
    if ((flags & PLACE_UNNAMED) && !(flags & PLACE_MOUNT_POINT)) return 0; /* the kernel refuses by the name */
    if ((r = place_parent(place, 0)) < 0) return r;
    if (flags & PLACE_UNNAMED) return directory ? -EBUSY : -EISDIR;
    if (flags & PLACE_READ_ONLY) return -EROFS;
    if ((r = look(place, &st)) < 0) return r;
    bool is_directory = S_ISDIR(st.st_mode);
    if (!directory && place_has_slash(place)) return is_directory ? -EISDIR : -ENOTDIR;
    if ((r = place_parent(place, WRITE_AND_SEARCH)) < 0) return r;
    if (directory == is_directory) return -EBUSY;
    return is_directory ? -EISDIR : -ENOTDIR;
}

/* A single "." or ".." is not walked, and so not marked. */
static bool is_unnamed(const struct place *place) {
    const char *name = text_last_name(place->path);
    return (place->flags & PLACE_UNNAMED) || text_equal(name, ".") || text_equal(name, "..");
}

/* What is not there, or is not to be removed by such a name, the kernel says first. */
static long permit_removal(const struct place *place, bool directory) {
    struct stat st;
    if (!permit_asked() || is_unnamed(place) || (place->flags & (PLACE_REMOVED | PLACE_KERNEL_FOLLOWS))) return 0;
    if (place_look(place, &st) < 0 || (!directory && place_has_slash(place))) return 0;
    return permit_change(place, true);
}

static long remove_name(int directory, u64 path, u64 flags) {
    char text[PATH_SIZE];
    struct place place;
    struct file file;
    long r = resolve_guest(directory, path, PATH_PARENT | PATH_WRITE, text, &place);
    if (r == 0) r = refuse_removal(&place, (flags & AT_REMOVEDIR) != 0);
    if (r == 0) r = permit_removal(&place, (flags & AT_REMOVEDIR) != 0);
    if (r < 0) return r;
    bool known = engine.remembers && file_leaving(&place, &file);
    int change = flags & AT_REMOVEDIR ? -1 : change_begin(&place);
    struct near near = near_place(&place);
    r = sys(__NR_unlinkat, near.directory, near.path, flags);
    if (r == 0 && !(flags & AT_REMOVEDIR)) tell_cache(&place);
    change_end(change);
    if (r < 0 && known) file_remember(&file);
    return r;
}

long call_unlink(struct call *call) { return remove_name(AT_FDCWD, call->a[0], 0); }
long call_rmdir(struct call *call) { return remove_name(AT_FDCWD, call->a[0], AT_REMOVEDIR); }

long call_unlinkat(struct call *call) {
    if (call->a[2] & ~(u64)AT_REMOVEDIR) return -EINVAL;
    return remove_name((int)call->a[0], call->a[1], (u32)call->a[2]);
}

struct pair {
    int directory[2];
    u64 path[2];
    char text[2][PATH_SIZE];
    struct place place[2];
};

/* Its texts are not touched: they are most of it. */
static void begin_pair(struct pair *p, int first, u64 first_path, int second, u64 second_path) {
    p->directory[0] = first, p->directory[1] = second;
    p->path[0] = first_path, p->path[1] = second_path;
}

static bool is_single(const char *path) {
    return text_last_name(path) == path;
}

static long place_there(const struct place *place) {
    struct stat st;
    u64 flags = place->flags & PLACE_KERNEL_FOLLOWS ? 0 : AT_SYMLINK_NOFOLLOW;
    return sys(__NR_newfstatat, place->directory, place->path, &st, place->path[0] ? flags : AT_EMPTY_PATH);
}

static void place_of_descriptor(int fd, struct place *place) {
    place->directory = fd;
    place->path = "";
    place->flags = PLACE_KERNEL_FOLLOWS;
    place->mount = MOUNT_UNKNOWN;
}

/* Resolve both. Two names in one directory need no walk; others must be compared for their mounts. */
static long resolve_pair(struct pair *p, u32 first_how, u32 second_how) {
    for (unsigned i = 0; i < 2; i++) {
        long r = arch_copy_text(p->text[i], (const char *)p->path[i], PATH_SIZE);
        if (r < 0) return r;
    }
    bool together = p->directory[0] == p->directory[1] && is_single(p->text[0]) && is_single(p->text[1]);
    u32 walk = together || engine.mounts.count == 1 ? 0 : PATH_WALK;
    bool descriptor = (first_how & PATH_EMPTY) && !p->text[0][0];
    if (descriptor) place_of_descriptor(p->directory[0], &p->place[0]);
    long r = descriptor ? 0 : resolve_at(p->directory[0], p->text[0], first_how | walk, &p->place[0]);
    if (r < 0) return r;
    r = resolve_at(p->directory[1], p->text[1], second_how | walk, &p->place[1]);
    if (r == 0) return 0;
    long first = first_how & PATH_PARENT ? place_parent(&p->place[0], 0) : place_there(&p->place[0]);
    return first < 0 ? first : r;
}

static bool apart(const struct pair *p) {
    return p->place[0].mount != p->place[1].mount && p->place[0].mount != MOUNT_UNKNOWN &&
           p->place[1].mount != MOUNT_UNKNOWN;
}

/* Plain host path of a name, without slashes behind it. */
static void plain_name(const struct place *place, char *to) {
    struct place parent = *place;
    size_t n = strlen(place->path), end;
    while (n && place->path[n - 1] == '/') n--;
    for (end = n; n && place->path[n - 1] != '/';) n--;
    memcpy(parent.text, place->path, n);
    text_put(parent.text, n, ".");
    parent.path = parent.text;
    if (place_plain(&parent) < 0) parent.text[0] = 0;
    size_t at = text_put(to, text_equal(parent.text, "/") ? 0 : text_put(to, 0, parent.text), "/");
    memcpy(to + at, place->path + n, end - n);
    to[at + end - n] = 0;
}

/* Where two names lie to each other. */
struct relation {
    bool above[2]; /* the one is a directory on the way to the other */
    bool same_parent;
};

static void relate(const struct pair *p, struct relation *relation) {
    char text[2][PATH_ROOM + 256];
    size_t length[2], parent[2];
    for (unsigned i = 0; i < 2; i++) {
        plain_name(&p->place[i], text[i]);
        length[i] = strlen(text[i]);
        parent[i] = (size_t)(text_last_name(text[i]) - text[i]);
    }
    for (unsigned i = 0; i < 2; i++)
        relation->above[i] = parent[!i] > length[i] && memcmp(text[0], text[1], length[i]) == 0 && text[!i][length[i]] == '/';
    relation->same_parent = parent[0] == parent[1] && memcmp(text[0], text[1], parent[0]) == 0;
}

/* A directory that gets another parent is itself written to. */
static long may_move(const struct place *place, const struct stat *st) {
    if (!S_ISDIR(st->st_mode)) return 0;
    if (!permit_writes(place)) return -EACCES;
    long r = sys(__NR_faccessat, place->directory, place->path, 2 /* W_OK */);
    return r == -EACCES ? r : 0;
}

/* A rename whose one name is a mount point, or that permissions may forbid: why the kernel refuses it, or 0. */
static long refuse_point(const struct pair *p, u32 flags) {
    struct stat old, new;
    struct relation relation;
    bool exchange = (flags & RENAME_EXCHANGE) != 0;
    long point = (p->place[0].flags | p->place[1].flags) & PLACE_MOUNT_POINT ? -EBUSY : 0;
    long r = look(&p->place[0], &old);
    if (r < 0) return r;
    long there = look(&p->place[1], &new);
    if (there < 0 && there != -ENOENT) return there;
    if (there == 0 && (flags & RENAME_NOREPLACE)) return -EEXIST;
    if (there < 0 && (exchange || (p->place[1].flags & PLACE_REMOVED))) return there;
    bool slash = place_has_slash(&p->place[1]);
    if (exchange && !S_ISDIR(new.st_mode) && slash) return -ENOTDIR;
    if (!S_ISDIR(old.st_mode) && (place_has_slash(&p->place[0]) || (!exchange && slash))) return -ENOTDIR;
    relate(p, &relation);
    if (relation.above[0]) return -EINVAL;
    if (relation.above[1]) return exchange ? -EINVAL : -ENOTEMPTY;
    if (there == 0 && old.st_dev == new.st_dev && old.st_ino == new.st_ino) return 0;
    for (unsigned i = 0; i < 2; i++) {
        if ((r = place_parent(&p->place[i], WRITE_AND_SEARCH)) < 0) return point ? r : 0; /* the kernel's to say, or unlock.c's */
        if ((r = permit_change(&p->place[i], i == 0 || there == 0)) < 0) return r;
    }
    if (there == 0 && !exchange && S_ISDIR(old.st_mode) != S_ISDIR(new.st_mode))
        return S_ISDIR(old.st_mode) ? -ENOTDIR : -EISDIR;
    if (relation.same_parent) return point;
    if ((r = may_move(&p->place[0], &old)) < 0 || (exchange && (r = may_move(&p->place[1], &new)) < 0)) return r;
    return point;
}

static long refuse_rename(const struct pair *p, u32 flags) {
    u32 either = p->place[0].flags | p->place[1].flags;
    bool read_only = (p->place[0].flags & PLACE_READ_ONLY) != 0;
    if (!apart(p) && !read_only && !(either & PLACE_MOUNT_POINT) && !permit_asked()) return 0;
    for (unsigned i = 0; i < 2; i++) {
        long r = place_parent(&p->place[i], 0);
        if (r < 0) return r;
    }
    if (apart(p)) return -EXDEV;
    if (is_unnamed(&p->place[0])) return -EBUSY;
    if (is_unnamed(&p->place[1])) return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    return read_only ? -EROFS : refuse_point(p, flags);
}

/* A rename between two names of one file changes nothing. */
static bool is_still_there(const struct place *place, const struct file *file) {
    struct file now;
    return file_look(place->directory, place->path, 0, &now) == 0 && now.inode == file->inode && now.device == file->device &&
           now.birth == file->birth;
}

static long run_rename(const struct pair *p, u32 flags) {
    struct near from = near_place(&p->place[0]), to = near_place(&p->place[1]);
    return sys(__NR_renameat2, from.directory, from.path, to.directory, to.path, flags);
}

/* May mounts depend on what has this name? */
static bool may_hold_mounts(const struct place *place) {
    size_t n = strlen(place->path), at;
    while (n && place->path[n - 1] == '/') n--;
    for (at = n; at && place->path[at - 1] != '/';) at--;
    return moves_concern(place->path + at, n - at);
}

/* A rename of what lies above mounts, which all processes must hear of, or else it is not done. */
static __attribute__((noinline)) long rename_above(const struct pair *p, u32 flags) {
    char text[2][PATH_ROOM + 256];
    bool exchange = flags & RENAME_EXCHANGE;
    for (unsigned i = 0; i < 2; i++) {
        plain_name(&p->place[i], text[i]);
        if (strlen(text[i]) >= PATH_SIZE) return run_rename(p, flags);
    }
    if (!mounts_depend_on(&engine.mounts, text[0]) && !(exchange && mounts_depend_on(&engine.mounts, text[1])))
        return run_rename(p, flags);
    long list = moves_open();
    if (list < 0) return -EBUSY;
    long r = run_rename(p, flags);
    /* between two names of one file nothing happens */
    bool stays = r < 0 || (!exchange && sys(__NR_faccessat2, AT_FDCWD, text[0], 0, AT_SYMLINK_NOFOLLOW) == 0);
    if (stays || text_equal(text[0], text[1])) {
        sys(__NR_close, list);
        return r;
    }
    if (moves_tell(list, text[0], text[1], exchange) == 0) return 0;
    sys(__NR_renameat2, AT_FDCWD, text[1], AT_FDCWD, text[0], exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE);
    return -EBUSY;
}

static long rename_pair(struct pair *p, u32 flags) {
    if (rename_flags_wrong(flags)) return -EINVAL;
    long r = resolve_pair(p, PATH_PARENT | PATH_WRITE, PATH_PARENT | PATH_WRITE);
    if (r == 0) r = refuse_rename(p, flags);
    if (r < 0) return r;
    struct file file;
    bool known = engine.remembers && !flags && file_leaving(&p->place[1], &file);
    int change = change_begin(&p->place[0]);
    if (change < 0) change = change_begin(&p->place[1]);
    bool above = engine.mounts.count > 1 && (may_hold_mounts(&p->place[0]) || ((flags & RENAME_EXCHANGE) && may_hold_mounts(&p->place[1])));
    r = above ? rename_above(p, flags) : run_rename(p, flags);
    for (unsigned i = 0; r == 0 && i < 2; i++) tell_cache(&p->place[i]), running_moved(&p->place[i], &p->place[!i]);
    change_end(change);
    if (known && (r < 0 || is_still_there(&p->place[1], &file))) file_remember(&file);
    return r;
}

long call_rename(struct call *call) {
    struct pair p;
    begin_pair(&p, AT_FDCWD, call->a[0], AT_FDCWD, call->a[1]);
    return rename_pair(&p, 0);
}

long call_renameat(struct call *call) {
    struct pair p;
    begin_pair(&p, (int)call->a[0], call->a[1], (int)call->a[2], call->a[3]);
    return rename_pair(&p, call->number == __NR_renameat2 ? (u32)call->a[4] : 0);
}

/* The mount of a file that only the kernel can find: behind a link of /proc or a descriptor. */
static void find_mount(struct place *place) {
    char link[48], host[PATH_SIZE], guest[PATH_SIZE];
    if (!(place->flags & PLACE_KERNEL_FOLLOWS) || place->mount != MOUNT_UNKNOWN) return;
    if (!place->path[0]) link_of(place->directory, link);
    long r = place->path[0] ? place_target(place, host, sizeof(host)) : link_read(link, host, sizeof(host));
    if (r <= 0 || host[0] != '/') return;
    r = mounts_to_table(&engine.mounts, host, guest, sizeof(guest));
    if (r > 0) place->mount = (int)(mounts_of_guest(&engine.mounts, guest, r > 1 ? (size_t)r : 0) - engine.mounts.table);
}

static long refuse_link(const struct pair *p) {
    u32 special = p->place[1].flags & (PLACE_READ_ONLY | PLACE_MOUNT_POINT | PLACE_REMOVED);
    if (!apart(p) && !special && !permit_asked()) return 0;
    long r = place_there(&p->place[0]);
    if (r == 0) r = check_creation(&p->place[1], false);
    if (r == 0 && apart(p)) return -EXDEV;
    return r == 0 ? permit_link(&p->place[0], &p->place[1]) : r;
}

static long link_pair(struct pair *p, u64 flags) {
    if (flags & ~(u64)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
    u32 how = flags & AT_SYMLINK_FOLLOW ? PATH_FOLLOW : 0;
    long r = resolve_pair(p, flags & AT_EMPTY_PATH ? how | PATH_EMPTY : how, PATH_PARENT | PATH_WRITE);
    if (r == 0) find_mount(&p->place[0]), r = refuse_link(p);
    if (r < 0) return r;
    if (p->place[0].path[0]) flags &= ~(u64)AT_EMPTY_PATH;
    if (!(p->place[0].flags & PLACE_KERNEL_FOLLOWS)) flags &= ~(u64)AT_SYMLINK_FOLLOW;
    int change = change_begin(&p->place[1]);
    struct near from = near_place(&p->place[0]), to = near_place(&p->place[1]);
    r = sys(__NR_linkat, from.directory, from.path, to.directory, to.path, flags);
    if (r == 0) tell_cache(&p->place[1]), running_moved(&p->place[0], &p->place[1]);
    change_end(change);
    return r;
}

long call_link(struct call *call) {
    struct pair p;
    begin_pair(&p, AT_FDCWD, call->a[0], AT_FDCWD, call->a[1]);
    return link_pair(&p, 0);
}

/* An empty first path with AT_EMPTY_PATH is the descriptor itself (needs CAP_DAC_READ_SEARCH, or since Linux 6.10
 * to have opened it with the same credentials). */
long call_linkat(struct call *call) {
    struct pair p;
    begin_pair(&p, (int)call->a[0], call->a[1], (int)call->a[2], call->a[3]);
    return link_pair(&p, call->a[4]);
}
