/* The walk of a path as the kernel would do it inside a chroot: component by component, links followed within the
 * guest's tree, ".." stopped at its root, binds entered and left.
 *
 * The text the kernel is told begins at the host's root, and the kernel asks for search permission all the way down.
 * From an open directory it would not: behind a descriptor's link of /proc the text begins with that link (the anchor),
 * and what follows is relative to it, with "/.." for each step above. */
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "../sys/text.h"
#include "path.h"

struct walk {
    const struct mounts *mounts;
    const struct path_host *host;
    struct place *place; /* place->text: the host path so far */
    u32 how;
    size_t host_length, guest_length;
    size_t anchor;    /* guest path of the directory where the anchored text begins, behind all "/.."; NO_ANCHOR: plain */
    size_t removed;   /* guest path where a removed directory was, from which the anchored text starts; else NO_ANCHOR */
    size_t asked;     /* guest path of the highest directory that was asked for search permission */
    size_t floor; /* guest path that ".." and absolute links do not leave */
    const struct mount *start; /* for PATH_NO_MOUNTS */
    const char *base, *base_anchor; /* where the walk began, and its anchor; NULL: none */
    const char *scope_anchor;  /* the anchor of the directory at `floor`, where that is the base */
    size_t parent_length; /* guest path of the directory that holds the last name, for PATH_PARENT */
    bool mount_point;
    bool unchecked; /* it is not known yet whether what was reached is a directory */
    bool root_known; /* the kernel has asked for the root: only then RESOLVE_NO_XDEV lets it follow an absolute link */
    bool lasting;   /* the result may be remembered: see cache.h */
    unsigned links;
    const char *tail; /* what to append in the end: "", "/" or "/." */
    char guest[PATH_SIZE];
    char rest[2 * PATH_ROOM]; /* what is still to be walked */
    size_t at;
    char target[PATH_SIZE];
};

#define NO_ANCHOR ((size_t)-1)

static bool text_in_proc(const char *text, size_t length) {
    return length >= 5 && memcmp(text, "/proc", 5) == 0 && (text[5] == '/' || !text[5]);
}

/* What lies in /proc is never anchored. */
static bool in_proc(const struct walk *w) {
    return w->anchor == NO_ANCHOR && text_in_proc(w->place->text, w->host_length);
}

static long reach(struct walk *w, const char *guest, size_t length) {
    if (length >= PATH_SIZE) return -EOVERFLOW;
    memmove(w->guest, guest, length);
    w->guest[w->guest_length = length] = 0;
    long r = mounts_to_host(w->mounts, w->guest, length, w->place->text, PATH_ROOM);
    if (r < 0) return -EOVERFLOW;
    w->host_length = (size_t)r;
    w->unchecked = false;
    w->anchor = NO_ANCHOR;
    return 0;
}

/* Let the text begin at a link of /proc that leads to where the walk is. */
static void anchor_at(struct walk *w, const char *link) {
    if (in_proc(w)) return;
    w->host_length = text_put(w->place->text, 0, link);
    w->anchor = w->guest_length;
    if (w->how & PATH_REMOVED) w->removed = w->guest_length;
}

/* Take names off the end of both texts: they were entered one by one. */
static void cut(struct walk *w, size_t guest_length) {
    w->host_length -= w->guest_length - guest_length;
    w->place->text[w->host_length] = 0;
    w->guest[w->guest_length = guest_length] = 0;
    w->unchecked = false;
}

/* Out of a mount again, and back below the directory where the walk began: its anchor leads there, too. */
static void anchor_again(struct walk *w) {
    size_t root = w->mounts->root_length, n = w->base_anchor ? strlen(w->base) : 0;
    if (n == 1) n = 0; /* "/" */
    if (!w->base_anchor || (w->how & PATH_REMOVED) || w->guest_length < root + n) return;
    const char *rest = w->guest + root + n;
    if (memcmp(w->guest + root, w->base, n) != 0 || (rest[0] && rest[0] != '/')) return;
    if (mounts_of_guest(w->mounts, w->guest, root + n) != mounts_of_guest(w->mounts, w->guest, w->guest_length)) return;
    if (strlen(rest) + 64 > PATH_ROOM || in_proc(w)) return;
    w->host_length = text_put(w->place->text, text_put(w->place->text, 0, w->base_anchor), rest);
    w->anchor = root + n;
}

/* One step up, to the guest directory of this length. */
static long step_up(struct walk *w, size_t length) {
    const struct mount *mount = mounts_of_guest(w->mounts, w->guest, w->guest_length);
    if (w->anchor == NO_ANCHOR || mount->guest_length == w->guest_length) {
        long r = reach(w, w->guest, length);
        if (r == 0 && w->base_anchor) anchor_again(w);
        return r;
    }
    if (w->guest_length > w->anchor) {
        cut(w, length);
        return 0;
    }
    if (w->host_length + 8 > PATH_ROOM) return -EOVERFLOW;
    w->host_length = text_put(w->place->text, w->host_length, "/..");
    w->guest[w->guest_length = w->anchor = length] = 0;
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
    long r = step_up(w, length);
    if (r == 0 && length < w->asked) {
        w->asked = length;
        w->unchecked = length != 0;
    }
    return r;
}

static long enter_name(struct walk *w, const char *name, size_t n) {
    if (w->mounts->cache) cache_meet(w->mounts->cache, name, n);
    if (w->guest_length + n + 2 > PATH_SIZE || w->host_length + n + 8 > PATH_ROOM) return -EOVERFLOW;
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

/* At the directory to which absolute links lead. */
static long start_again(struct walk *w) {
    long r = reach(w, w->guest, w->floor);
    w->asked = w->floor;
    if (r == 0 && w->scope_anchor) anchor_at(w, w->scope_anchor);
    return r;
}

/* Runs of slashes are as good as one. */
static size_t squeeze(char *text, size_t length) {
    size_t n = 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] != '/' || !n || text[n - 1] != '/') text[n++] = text[i];
    text[n] = 0;
    return n;
}

/* Put a link's target before the rest. `directory_length`: the guest path of the directory that holds the link. */
static long expand(struct walk *w, size_t target_length, size_t directory_length) {
    size_t rest = strlen(w->rest + w->at);
    if (++w->links > MOST_LINKS) return -ELOOP;
    if (target_length == 0) return -ENOENT;
    if (w->target[0] == '/' && (w->how & PATH_BENEATH)) return -EXDEV;
    if (w->target[0] == '/' && (w->how & PATH_NO_MOUNTS) && !w->root_known) return -EXDEV;
    target_length = squeeze(w->target, target_length);
    /* Several long links, each with more behind the next one: the kernel would find them to be a loop in the end. */
    if (target_length + rest + 2 > sizeof(w->rest)) return -ELOOP;
    memmove(w->rest + target_length, w->rest + w->at, rest + 1);
    memcpy(w->rest, w->target, target_length);
    w->at = 0;
    if (w->target[0] != '/') {
        cut(w, directory_length);
        return 0;
    }
    return start_again(w);
}

/* A descriptor's link of /proc was met: go on from there. The guest path behind it is in `target`. 0: it is to be
 * taken as text. */
static bool jump(struct walk *w, size_t length, bool removed) {
    char host[PATH_SIZE];
    size_t n = w->mounts->root_length;
    if (length == 1) length = 0; /* "/" */
    if (n + length >= PATH_SIZE) return false;
    memcpy(w->guest, w->mounts->root, n);
    memcpy(w->guest + n, w->target, length);
    w->guest[w->guest_length = n + length] = 0;
    long r = mounts_to_host(w->mounts, w->guest, w->guest_length, host, sizeof(host));
    if (r < 0 || text_in_proc(host, (size_t)r)) return false;
    w->links++;
    w->lasting = false;
    w->anchor = w->asked = w->guest_length;
    w->removed = removed ? w->guest_length : NO_ANCHOR;
    w->unchecked = true;
    return true;
}

/* What was just entered may be a link. 1: it was, and its target is next; 0: it is none; 2: only the kernel can go
 * on from here. */
static long follow(struct walk *w, bool last, size_t directory_length) {
    long r = -EINVAL;
    if (in_proc(w)) r = w->host->magic_link(w->place->text, last, w->target, PATH_SIZE);
    if (r == -ENOENT) return r; /* it leads nowhere */
    bool magic = r >= 0 || r == -EXDEV || r == -ENOTDIR;
    if (magic && (w->how & (PATH_NO_LINKS | PATH_NO_MAGIC))) {
        r = w->host->read_link(w->place->text, w->target, PATH_SIZE);
        return r < 0 ? r : -ELOOP;
    }
    if (magic && (w->how & (PATH_IN_ROOT | PATH_BENEATH))) {
        r = w->host->read_link(w->place->text, w->target, PATH_SIZE);
        return r < 0 ? r : -EXDEV;
    }
    if (r == -EXDEV) return 2;
    if (r >= MAGIC_JUMP) {
        if (w->links >= MOST_LINKS) return -ELOOP;
        bool removed = r & MAGIC_REMOVED;
        r &= ~(long)(MAGIC_JUMP | MAGIC_REMOVED);
        if (jump(w, (size_t)r, removed)) {
            if (last) w->place->flags |= PLACE_KERNEL_FOLLOWS;
            return 1;
        }
        if (removed) return 2;
    }
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
    if (w->host_length + rest + 2 > PATH_ROOM) return -EOVERFLOW;
    memcpy(w->place->text + w->host_length, w->rest + w->at, rest + 1);
    w->host_length += rest;
    w->tail = "";
    return 0;
}

/* Is what was just entered a mount point? By its plain host path: one bind may show a mount point of another. */
static bool at_mount(struct walk *w, size_t directory_length) {
    if (w->mounts->count < 2) return false;
    if (w->anchor == NO_ANCHOR) return mounts_of_shadow(w->mounts, w->place->text, w->host_length) != NULL;
    long n = mounts_to_host(w->mounts, w->guest, directory_length, w->target, PATH_SIZE);
    size_t name = w->guest_length - directory_length;
    if (n < 0 || (size_t)n + name >= PATH_SIZE) return false;
    memcpy(w->target + n, w->guest + directory_length, name);
    return mounts_of_shadow(w->mounts, w->target, (size_t)n + name) != NULL;
}

/* Go on in the mount. The kernel will be told of a path that does not come by its mount point: whether the directory
 * that holds it may be searched is asked here. The root always may. */
static long enter_mount(struct walk *w, size_t directory_length) {
    if (directory_length > w->mounts->root_length &&
        w->host->read_link(w->place->text, w->target, PATH_SIZE) == -EACCES)
        return -EACCES;
    long r = reach(w, w->guest, w->guest_length);
    w->unchecked = true;
    return r;
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
            w->root_known = true;
            w->tail = last && refused ? "/.." : "";
            w->parent_length = w->guest_length;
            continue;
        }
        size_t directory_length = w->parent_length = w->guest_length;
        if (last && slash && (w->how & PATH_CREATE)) {
            r = w->host->check_directory(w->place->text);
            return r < 0 ? r : -EISDIR;
        }
        if ((r = enter_name(w, name, n)) < 0) return r;
        w->tail = last && slash ? "/" : "";
        w->mount_point = at_mount(w, directory_length);
        if (last && (w->how & PATH_PARENT)) return 0;
        if (w->mount_point) {
            if ((r = enter_mount(w, directory_length)) < 0) return r;
            continue;
        }
        if (last && !slash && (!(w->how & PATH_FOLLOW) || ((w->how & PATH_LAZY) && !in_proc(w)))) return 0;
        r = follow(w, last, directory_length);
        if (r == 2) return hand_over(w, last);
        if (r < 0) return r;
    }
}

/* Go to where the walk starts: the process's root, or `base` in it, which the kernel knows by `anchor`. */
static long begin(struct walk *w, const char *base, const char *anchor) {
    char full[PATH_SIZE];
    bool scoped = (w->how & (PATH_IN_ROOT | PATH_BENEATH)) != 0;
    size_t n = w->mounts->root_length, base_length = w->rest[0] == '/' && !scoped ? 0 : strlen(base);
    if (base_length == 1) base_length = 0; /* "/" */
    if (w->rest[0] == '/' && (w->how & PATH_BENEATH)) return -EXDEV;
    if (n + base_length >= sizeof(full)) return -EOVERFLOW;
    memcpy(full, w->mounts->root, n);
    memcpy(full + n, base, base_length);
    w->floor = scoped ? n + base_length : n;
    w->start = mounts_of_guest(w->mounts, full, n + base_length);
    long r = reach(w, full, n + base_length);
    w->unchecked = base_length != 0; /* a descriptor may be a file's */
    w->asked = w->guest_length;
    w->root_known = scoped || w->rest[0] == '/';
    w->scope_anchor = scoped ? anchor : NULL;
    w->base = base, w->base_anchor = anchor;
    if (r == 0 && anchor) anchor_at(w, anchor);
    if (r < 0 || !scoped) return r;
    w->tail = w->anchor == NO_ANCHOR ? "" : "/"; /* should nothing follow */
    return w->host->check_directory(w->place->text) == -ENOTDIR ? -ENOTDIR : 0;
}

static void walk_begin(struct walk *w, const struct mounts *m, const struct path_host *host, struct place *place,
                       u32 how) {
    w->mounts = m, w->host = host, w->place = place, w->how = how;
    w->links = 0, w->at = 0, w->tail = "";
    w->floor = w->asked = m->root_length, w->start = NULL, w->parent_length = 0;
    w->mount_point = false;
    w->lasting = true;
    w->removed = NO_ANCHOR;
    w->scope_anchor = w->base_anchor = NULL;
    w->root_known = true;
    place->directory = AT_FDCWD;
    place->path = place->text;
    place->flags = 0;
}

/* Is there nothing behind the anchor, which is a link that the kernel has not been told to follow? */
static bool ends_at_link(const struct walk *w) {
    size_t n = w->host_length;
    if (w->anchor != w->guest_length || w->tail[0] || (w->place->flags & PLACE_KERNEL_FOLLOWS)) return false;
    return n <= 3 || memcmp(w->place->text + n - 3, "/..", 3) != 0;
}

long path_walk(const struct mounts *m, const struct path_host *host, const char *base, const char *path, u32 how,
               struct place *place) {
    return path_walk_from(m, host, base, NULL, path, how, place);
}

long path_walk_from(const struct mounts *m, const struct path_host *host, const char *base, const char *anchor,
                    const char *path, u32 how, struct place *place) {
    struct walk w;
    size_t length = strlen(path);
    if (!length) return -ENOENT;
    if (length >= PATH_SIZE) return -ENAMETOOLONG;
    walk_begin(&w, m, host, place, how);
    memcpy(w.rest, path, length + 1);
    long r = begin(&w, base, path[0] == '/' && !(how & PATH_IN_ROOT) ? NULL : anchor);
    if (r == 0) r = walk_components(&w);
    if (r < 0) return r;
    if (in_proc(&w)) place->flags |= PLACE_PROC;
    if (w.anchor != NO_ANCHOR) place->flags |= PLACE_ANCHORED;
    if (w.anchor != NO_ANCHOR && w.anchor == w.removed && w.parent_length == w.removed) place->flags |= PLACE_REMOVED;
    bool dots = w.tail[0] && w.tail[1] == '.', root = w.guest_length == w.floor;
    if (root && !dots && (how & PATH_CREATE)) return how & PATH_EXCLUSIVE ? -EEXIST : -EISDIR; /* it is there, whatever may be searched */
    if (!dots && (w.mount_point || root)) place->flags |= PLACE_MOUNT_POINT;
    if (dots || root) place->flags |= PLACE_UNNAMED;
    const struct mount *mount = mounts_of_guest(m, w.guest, how & PATH_PARENT ? w.parent_length : w.guest_length);
    bool unknown = (place->flags & PLACE_KERNEL_FOLLOWS) && w.anchor == NO_ANCHOR;
    place->mount = unknown ? MOUNT_UNKNOWN : (int)(mount - m->table);
    if (mount->flags & MOUNT_READ_ONLY) place->flags |= PLACE_READ_ONLY;
    if (w.host_length == 0 && !w.tail[0]) w.tail = "/";
    if (ends_at_link(&w)) w.tail = "/.";
    place->length = (u32)text_put(place->text, w.host_length, w.tail);
    return place->length >= PATH_SIZE ? -EOVERFLOW : 0;
}

long path_step(const struct mounts *m, const struct path_host *host, struct cache_answer *at, struct path_step *step) {
    struct walk w;
    struct place place;
    if (step->length >= PATH_SIZE) return -EXDEV;
    walk_begin(&w, m, host, &place, PATH_FOLLOW);
    memcpy(w.rest, step->name, step->length);
    w.rest[step->length] = 0;
    w.links = at->links;
    long r = reach(&w, at->guest, at->length);
    if (r < 0) return r;
    w.unchecked = at->length != 0; /* what is remembered need not be a directory, nor exist */
    r = walk_components(&w);
    if (r < 0) return r;
    if (in_proc(&w) || w.anchor != NO_ANCHOR || (place.flags & PLACE_KERNEL_FOLLOWS)) return -EXDEV;
    step->tail = w.tail[0] != 0;
    if (!w.lasting || step->tail) step->lasting = false; /* a directory it must be each time */
    memcpy(at->guest, w.guest, w.guest_length + 1);
    at->length = w.guest_length;
    at->links = w.links;
    at->mount = (unsigned)(mounts_of_guest(m, w.guest, w.guest_length) - m->table);
    return 0;
}
