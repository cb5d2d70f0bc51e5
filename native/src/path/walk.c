/* The walk of a path as the kernel would do it inside a chroot: component by component, links followed within the
 * guest's tree, ".." stopped at its root, binds entered and left. */
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "../sys/text.h"
#include "path.h"

#define NAME_SIZE 256

struct walk {
    const struct mounts *mounts;
    const struct path_host *host;
    struct place *place; /* place->text: the host path so far */
    u32 how;
    size_t host_length, guest_length;
    size_t floor; /* guest path that ".." and absolute links do not leave */
    const struct mount *start; /* for PATH_NO_MOUNTS */
    size_t parent_length; /* guest path of the directory that holds the last name, for PATH_PARENT */
    bool mount_point;
    bool unchecked; /* it is not known yet whether what was reached is a directory */
    bool lasting;   /* the result may be remembered: see cache.h */
    unsigned links;
    const char *tail; /* what to append in the end: "", "/" or "/." */
    char guest[PATH_SIZE];
    char rest[PATH_ROOM]; /* what is still to be walked */
    size_t at;
    char target[PATH_SIZE];
};

static bool in_proc(const struct walk *w) {
    const char *text = w->place->text;
    return w->host_length >= 5 && memcmp(text, "/proc", 5) == 0 && (text[5] == '/' || !text[5]);
}

static long reach(struct walk *w, const char *guest, size_t length) {
    if (length >= PATH_SIZE) return -ENAMETOOLONG;
    memmove(w->guest, guest, length);
    w->guest[w->guest_length = length] = 0;
    long r = mounts_to_host(w->mounts, w->guest, length, w->place->text, PATH_ROOM);
    if (r < 0) return r;
    w->host_length = (size_t)r;
    w->unchecked = false;
    return 0;
}

static long leave(struct walk *w) {
    if (w->unchecked) {
        w->lasting = false;
        long r = w->host->check_directory(w->place->text);
        if (r < 0) return r;
    }
    size_t length = w->guest_length;
    if (length <= w->floor) return w->how & PATH_BENEATH ? -EXDEV : 0;
    while (length && w->guest[--length] != '/') {
    }
    return reach(w, w->guest, length);
}

static long enter_name(struct walk *w, const char *name, size_t n) {
    if (w->mounts->cache) cache_meet(w->mounts->cache, name, n);
    if (w->guest_length + n + 2 > PATH_SIZE || w->host_length + n + 8 > PATH_ROOM) return -ENAMETOOLONG;
    char *text = w->place->text;
    w->guest[w->guest_length++] = '/';
    memcpy(w->guest + w->guest_length, name, n);
    w->guest[w->guest_length += n] = 0;
    text[w->host_length++] = '/';
    memcpy(text + w->host_length, name, n);
    text[w->host_length += n] = 0;
    w->unchecked = true;
    return 0;
}

/* Put a link's target before the rest. `directory_length`: the guest path of the directory that holds the link. */
static long expand(struct walk *w, size_t target_length, size_t directory_length) {
    size_t rest = strlen(w->rest + w->at);
    if (++w->links > MOST_LINKS) return -ELOOP;
    if (target_length == 0) return -ENOENT;
    if (w->target[0] == '/' && (w->how & PATH_BENEATH)) return -EXDEV;
    if (target_length + rest + 2 > PATH_ROOM) return -ENAMETOOLONG;
    memmove(w->rest + target_length, w->rest + w->at, rest + 1);
    memcpy(w->rest, w->target, target_length);
    w->at = 0;
    return reach(w, w->guest, w->target[0] == '/' ? w->floor : directory_length);
}

/* Go on behind "../", where that is next and not the end. */
static bool skip_parent(struct walk *w) {
    size_t at = w->at;
    while (w->rest[at] == '/') at++;
    if (!text_starts(w->rest + at, "../")) return false;
    for (at += 2; w->rest[at] == '/';) at++;
    if (!w->rest[at]) return false;
    w->at = at - 1;
    return true;
}

/* What was just entered may be a link. 1: it was, and its target is next; 0: it is none; 2: only the kernel can go
 * on from here. */
static long follow(struct walk *w, bool last, size_t directory_length) {
    long r = -EINVAL;
    if (in_proc(w)) r = w->host->magic_link(w->place->text, last, w->target, PATH_SIZE);
    bool magic = r >= 0 || r == -EXDEV || r == -ESTALE;
    if (magic && (w->how & (PATH_NO_LINKS | PATH_NO_MAGIC))) return -ELOOP;
    if (magic && (w->how & (PATH_IN_ROOT | PATH_BENEATH))) return -EXDEV;
    if (r == -ESTALE) r = skip_parent(w) ? (long)strlen(w->target) : -EXDEV;
    if (r == -EXDEV) return 2;
    if (r >= 0) w->lasting = false;
    if (r == -EINVAL) r = w->host->read_link(w->place->text, w->target, PATH_SIZE);
    if (r == -EINVAL || (r == -ENOENT && last)) return 0;
    if (r < 0) return r;
    if (w->how & PATH_NO_LINKS) return -ELOOP;
    if (r >= PATH_SIZE) return -ENAMETOOLONG;
    /* Links outside the container's own tree can be changed by the host unseen. */
    if (mounts_of_guest(w->mounts, w->guest, w->guest_length) != w->mounts->table) w->lasting = false;
    r = expand(w, (size_t)r, directory_length);
    return r < 0 ? r : 1;
}

/* The kernel walks what is left, text and all. */
static long hand_over(struct walk *w, bool last) {
    w->place->flags |= PLACE_KERNEL_FOLLOWS;
    if (last) return 0;
    size_t rest = strlen(w->rest + w->at);
    if (w->host_length + rest + 2 > PATH_ROOM) return -ENAMETOOLONG;
    memcpy(w->place->text + w->host_length, w->rest + w->at, rest + 1);
    w->host_length += rest;
    w->tail = "";
    return 0;
}

static bool left_mount(const struct walk *w) {
    return (w->how & PATH_NO_MOUNTS) && mounts_of_guest(w->mounts, w->guest, w->guest_length) != w->start;
}

static long walk_components(struct walk *w) {
    for (;;) {
        if (left_mount(w)) return -EXDEV;
        while (w->rest[w->at] == '/') w->at++;
        const char *name = w->rest + w->at;
        size_t n = 0;
        while (name[n] && name[n] != '/') n++;
        if (n == 0) return 0;
        w->at += n;
        bool slash = name[n] == '/', last = true;
        for (size_t i = n; name[i]; i++)
            if (name[i] != '/') last = false;
        long r;
        if (n == 1 && name[0] == '.') {
            if (last) w->tail = "/.";
            w->parent_length = w->guest_length;
            continue;
        }
        if (n == 2 && name[0] == '.' && name[1] == '.') {
            /* Nothing can be done to "..": the kernel says so, each call in its own way. */
            bool refused = last && (w->how & PATH_PARENT);
            r = !refused ? leave(w) : w->unchecked ? w->host->check_directory(w->place->text) : 0;
            if (r < 0) return r;
            if (last) w->tail = refused ? "/.." : "/.";
            w->parent_length = w->guest_length;
            continue;
        }
        if (n >= NAME_SIZE) {
            r = w->unchecked ? w->host->check_directory(w->place->text) : 0;
            return r < 0 ? r : -ENAMETOOLONG;
        }
        size_t directory_length = w->parent_length = w->guest_length;
        if ((r = enter_name(w, name, n)) < 0) return r;
        w->tail = last && slash ? "/" : "";
        if (w->mounts->count > 1 && mounts_of_shadow(w->mounts, w->place->text, w->host_length)) {
            if ((r = reach(w, w->guest, w->guest_length)) < 0) return r;
            w->unchecked = true;
            w->mount_point = last;
            continue;
        }
        if (last && (w->how & PATH_PARENT)) return 0;
        if (last && !slash && (!(w->how & PATH_FOLLOW) || ((w->how & PATH_LAZY) && !in_proc(w)))) return 0;
        r = follow(w, last, directory_length);
        if (r == 2) return hand_over(w, last);
        if (r < 0) return r;
    }
}

/* Go to where the walk starts: the process's root, or `base` in it. */
static long begin(struct walk *w, const char *base) {
    char full[PATH_SIZE];
    bool scoped = (w->how & (PATH_IN_ROOT | PATH_BENEATH)) != 0;
    size_t n = w->mounts->root_length, base_length = w->rest[0] == '/' && !scoped ? 0 : strlen(base);
    if (base_length == 1) base_length = 0; /* "/" */
    if (w->rest[0] == '/' && (w->how & PATH_BENEATH)) return -EXDEV;
    if (n + base_length >= sizeof(full)) return -ENAMETOOLONG;
    memcpy(full, w->mounts->root, n);
    memcpy(full + n, base, base_length);
    w->floor = scoped ? n + base_length : n;
    w->start = mounts_of_guest(w->mounts, full, n + base_length);
    long r = reach(w, full, n + base_length);
    w->unchecked = base_length != 0; /* a descriptor may be a file's */
    return r;
}

static void walk_begin(struct walk *w, const struct mounts *m, const struct path_host *host, struct place *place,
                       u32 how) {
    w->mounts = m, w->host = host, w->place = place, w->how = how;
    w->links = 0, w->at = 0, w->tail = "";
    w->floor = m->root_length, w->start = NULL, w->parent_length = 0;
    w->mount_point = false;
    w->lasting = true;
    place->directory = AT_FDCWD;
    place->path = place->text;
    place->flags = 0;
}

long path_walk(const struct mounts *m, const struct path_host *host, const char *base, const char *path, u32 how,
               struct place *place) {
    struct walk w;
    size_t length = strlen(path);
    if (!length) return -ENOENT;
    if (length >= PATH_SIZE) return -ENAMETOOLONG;
    walk_begin(&w, m, host, place, how);
    memcpy(w.rest, path, length + 1);
    long r = begin(&w, base);
    if (r == 0) r = walk_components(&w);
    if (r < 0) return r;
    if (in_proc(&w)) place->flags |= PLACE_PROC;
    bool dots = w.tail[0] && w.tail[1] == '.', root = w.guest_length == m->root_length;
    if (!dots && (w.mount_point || root)) place->flags |= PLACE_MOUNT_POINT;
    if (dots || root) place->flags |= PLACE_UNNAMED;
    const struct mount *mount = mounts_of_guest(m, w.guest, how & PATH_PARENT ? w.parent_length : w.guest_length);
    place->mount = place->flags & PLACE_KERNEL_FOLLOWS ? MOUNT_UNKNOWN : (int)(mount - m->table);
    if (mount->flags & MOUNT_READ_ONLY) place->flags |= PLACE_READ_ONLY;
    if (w.host_length == 0 && !w.tail[0]) w.tail = "/";
    place->length = (u32)text_put(place->text, w.host_length, w.tail);
    return place->length >= PATH_SIZE ? -ENAMETOOLONG : 0;
}

long path_step(const struct mounts *m, const struct path_host *host, struct cache_answer *at, struct path_step *step) {
    struct walk w;
    struct place place;
    if (step->length >= NAME_SIZE) return -EXDEV;
    walk_begin(&w, m, host, &place, PATH_FOLLOW);
    memcpy(w.rest, step->name, step->length);
    w.rest[step->length] = 0;
    w.links = at->links;
    long r = reach(&w, at->guest, at->length);
    if (r < 0) return r;
    w.unchecked = at->length != 0; /* what is remembered need not be a directory, nor exist */
    r = walk_components(&w);
    if (r < 0) return r;
    if (in_proc(&w) || (place.flags & PLACE_KERNEL_FOLLOWS)) return -EXDEV;
    if (!w.lasting) step->lasting = false;
    step->tail = w.tail[0] != 0;
    memcpy(at->guest, w.guest, w.guest_length + 1);
    at->length = w.guest_length;
    at->links = w.links;
    at->mount = (unsigned)(mounts_of_guest(m, w.guest, w.guest_length) - m->table);
    return 0;
}
