/* Resolution by way of the directory cache: the directory part of a path is looked up as text, the last name is put
 * behind what it leads to. Where that is not enough, path_walk() does it all. */
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "../sys/text.h"
#include "path.h"

enum { WALK = 1 }; /* only path_walk() can tell */

static bool is_dots(const char *name, size_t n) {
    return name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'));
}

/* May the kernel be given this component as it is, and come to the same place? `before`: length of the guest path
 * before it. Not where a link was followed, or ".." leaves a mount. */
static bool stays_raw(const struct mounts *m, const struct path_step *step, size_t before, unsigned mount,
                      const struct cache_answer *after) {
    if (after->mount != mount) return false;
    if (is_dots(step->name, step->length)) return step->length == 1 || before > m->table[mount].guest_length;
    return after->length == before + 1 + step->length &&
           memcmp(after->guest + before + 1, step->name, step->length) == 0;
}

/* Where the walk can begin: the longest part of the text that is remembered for sure. Its length. */
static size_t begin(const struct mounts *m, const char *text, size_t length, struct cache_answer *answer) {
    for (size_t at = length;;) {
        while (at && text[--at] != '/') {
        }
        if (at && !(cache_find(m->cache, m->identity, text, at, answer) && !(answer->flags & CACHE_RAW))) continue;
        if (!at) answer->length = answer->mount = answer->links = 0, answer->guest[0] = 0;
        if (at && answer->same) memcpy(answer->guest, text, at), answer->guest[at] = 0;
        if (!at) answer->same = true;
        return at;
    }
}

/* Walk the components of text[0..length) that are not known yet, and remember each directory reached. `whole`: no
 * name is behind them, so it matters whether the last one must be a directory, and may be searched: the cache cannot say
 * so. */
static long learn(const struct mounts *m, const struct path_host *host, const char *text, size_t length, bool whole,
                  struct cache_answer *answer) {
    struct path_step step;
    u32 generation = cache_generation(m->cache);
    size_t at = begin(m, text, length, answer);
    bool raw = answer->same, parents = false, lasting = true;
    while (at < length) {
        size_t before = answer->length;
        unsigned mount = answer->mount;
        step.name = text + ++at;
        while (at < length && text[at] != '/') at++;
        step.length = (size_t)(text + at - step.name);
        if (!step.length) continue;
        step.lasting = true;
        long r = path_step(m, host, answer, &step);
        if (r < 0) return r;
        if (whole && at == length && step.tail) return -EXDEV;
        raw = raw && stays_raw(m, &step, before, mount, answer);
        if (!step.lasting && is_dots(step.name, step.length))
            parents = true; /* what is checked now must be checked each time: by the kernel, if it gets the text */
        else if (!step.lasting)
            lasting = false;
        if (!lasting || (parents && !raw)) continue;
        answer->flags = parents ? CACHE_RAW : 0;
        cache_put(m->cache, m->identity, generation, text, at, answer);
    }
    answer->same = false;
    answer->flags = 0; /* all checks were made */
    return 0;
}

/* The parts of a full guest path. */
struct parts {
    const char *full, *name; /* name: the last one, "" behind a slash at the end */
    size_t length, directory, name_length; /* directory: length of what is before the name, without slashes at its end */
};

/* host + text[from..to), where text is a directory's guest path. */
static size_t put_directory(char *to, const struct mount *mount, const char *text, size_t length) {
    memcpy(to, mount->host, mount->host_length);
    memcpy(to + mount->host_length, text + mount->guest_length, length - mount->guest_length);
    return mount->host_length + length - mount->guest_length;
}

/* The place of a name in a directory. 0, WALK or -ENAMETOOLONG. */
static long join(const struct mounts *m, const struct cache_answer *d, const struct parts *p, struct place *place) {
    const struct mount *mount = &m->table[d->mount];
    size_t length = d->same ? p->directory : d->length, most = mount->host_length + p->length + length;
    if (p->name_length >= 256) return WALK; /* whether the directory exists comes first */
    if (most + 2 > PATH_SIZE) {
        most = mount->host_length + length - mount->guest_length;
        if (length + p->name_length + 2 > PATH_SIZE || most + p->name_length + 2 > PATH_SIZE) return -ENAMETOOLONG;
    }
    char *text = place->text;
    length = put_directory(text, mount, d->same ? p->full : d->guest, length);
    if (p->name_length || (p->directory && p->directory < p->length) || !length) text[length++] = '/';
    memcpy(text + length, p->name, p->name_length);
    text[length += p->name_length] = 0;
    if (m->count > 1 && mounts_of_shadow(m, text, length)) return WALK;
    if (d->flags & CACHE_RAW) {
        if (mount->host_length + p->length + 2 > PATH_SIZE) return WALK;
        text[length = put_directory(text, mount, p->full, p->length)] = 0;
    }
    place->length = (u32)length;
    place->directory = AT_FDCWD;
    place->path = text;
    place->flags = mount->flags & MOUNT_READ_ONLY ? PLACE_READ_ONLY : 0;
    place->mount = (int)d->mount;
    return 0;
}

static __attribute__((noinline)) long learn_and_join(const struct mounts *m, const struct path_host *host,
                                                     const struct parts *p, struct place *place) {
    char guest[PATH_SIZE];
    struct cache_answer directory = {.guest = guest};
    guest[0] = 0;
    long r = p->directory ? learn(m, host, p->full, p->directory, !p->name_length, &directory) : 0;
    if (r == -EXDEV || r == -ENAMETOOLONG || r == -EOVERFLOW) return WALK;
    if (r == 0) r = join(m, &directory, p, place);
    return r == -ENAMETOOLONG ? WALK : r;
}

/* The whole path as that of a directory: it is a link, and where it leads is to be remembered. */
static void take_whole(struct parts *p) {
    p->directory = p->length;
    p->name = p->full + p->length;
    p->name_length = 0;
}

/* What is remembered of the directory, or of the whole path, put together in `place`. WALK: nothing. */
static long recall(const struct mounts *m, struct parts *p, u32 how, struct place *place) {
    char guest[CACHE_TEXT + 1];
    struct cache_answer d = {.guest = guest, .same = true, .flags = CACHE_LINKS}; /* the root */
    if (p->directory && !cache_find(m->cache, m->identity, p->full, p->directory, &d)) return WALK;
    if (d.flags & CACHE_RAW && !(how & PATH_LAZY)) return WALK;
    if (d.flags & CACHE_LINKS && how & PATH_FOLLOW && p->name_length) {
        struct parts whole = *p;
        struct cache_answer w = {.guest = guest};
        take_whole(&whole);
        if (cache_find(m->cache, m->identity, whole.full, whole.directory, &w) && !(w.flags & CACHE_RAW)) {
            *p = whole;
            return join(m, &w, p, place) == 0 ? 0 : WALK;
        }
        if (!d.same && !cache_find(m->cache, m->identity, p->full, p->directory, &d)) return WALK;
    }
    return join(m, &d, p, place) == 0 ? 0 : WALK;
}

static void take_apart(const char *full, size_t length, struct parts *p) {
    size_t at = length;
    while (full[at - 1] != '/') at--;
    p->full = full, p->length = length;
    p->name = full + at, p->name_length = length - at;
    while (at && full[at - 1] == '/') at--;
    p->directory = at;
}

static bool ends_in_dots(const struct parts *p) {
    size_t at = p->directory;
    while (at && p->full[at - 1] != '/') at--;
    return is_dots(p->full + at, p->directory - at);
}

static long by_cache(const struct mounts *m, const struct path_host *host, const char *full, size_t length, u32 how,
                     struct place *place) {
    struct parts p;
    take_apart(full, length, &p);
    if (p.name_length ? is_dots(p.name, p.name_length) : how & (PATH_PARENT | PATH_KEEP | PATH_CREATE)) return WALK;
    if (!p.name_length && ends_in_dots(&p)) return WALK; /* "./" asks more of the directory than its name does */
    if (how & PATH_KEEP) take_whole(&p);
    long r = recall(m, &p, how, place);
    if (r == WALK) r = learn_and_join(m, host, &p, place);
    if (r) return r;
    if (how & PATH_WRITE && place->flags & PLACE_READ_ONLY) return WALK; /* EROFS, unless something is missing */
    if (!p.name_length || (how & (PATH_FOLLOW | PATH_LAZY | PATH_PARENT)) != PATH_FOLLOW) return 0;
    char link[8];
    r = host->read_link(place->text, link, sizeof(link));
    if (r < 0) return r == -EINVAL || r == -ENOENT ? 0 : r;
    if (how & PATH_CREATE) return WALK; /* the end of the link's text matters */
    cache_mark(m->cache, m->identity, p.full, p.directory, CACHE_LINKS);
    take_whole(&p);
    r = learn_and_join(m, host, &p, place);
    return r == 0 && how & PATH_WRITE && place->flags & PLACE_READ_ONLY ? WALK : r;
}

/* base + "/" + path, for which the base must be plain. */
static __attribute__((noinline)) long by_cache_relative(const struct mounts *m, const struct path_host *host,
                                                        const char *base, const char *path, size_t length, u32 how,
                                                        struct place *place) {
    size_t n = strlen(base);
    if (n == 1) n = 0; /* "/" */
    if (n + length + 2 > PATH_SIZE) return WALK;
    char full[n + length + 2];
    memcpy(full, base, n);
    full[n] = '/';
    memcpy(full + n + 1, path, length + 1);
    return by_cache(m, host, full, n + 1 + length, how, place);
}

bool path_is_plain(const struct mounts *m, const char *host, size_t length, u32 how) {
    const struct mount *root = &m->table[0];
    const char *text = host + root->host_length;
    size_t at = length;
    if (how & ~(u32)(PATH_FOLLOW | PATH_LAZY | PATH_WRITE | PATH_CREATE) || text[0] != '/' || !m->cache) return false;
    if ((how & (PATH_FOLLOW | PATH_LAZY)) == PATH_FOLLOW || m->root_length) return false;
    if (how & PATH_WRITE && root->flags & MOUNT_READ_ONLY) return false;
    while (text[at - 1] != '/') at--;
    size_t name = length - at, directory = at - 1;
    if (!name || name >= 256 || (name < 3 && is_dots(text + at, name))) return false;
    if (directory && text[directory - 1] == '/') return false;
    if (root->host_length + length + 2 > PATH_SIZE || text_starts(text, "/proc/")) return false;
    long leads_to = cache_plain(m->cache, m->identity, text, directory, length, how & PATH_FOLLOW, how & PATH_LAZY);
    if (leads_to < 0) return false;
    if ((size_t)leads_to == directory) return !mounts_of_shadow(m, host, root->host_length + length);
    return !(m->shadow_lengths >> ((root->host_length + (size_t)leads_to + 1 + name) & 63) & 1); /* it may be a mount's */
}

long path_lookup(const struct mounts *m, const struct path_host *host, const char *base, const char *path, size_t length,
                 u32 how, struct place *place) {
    long r = WALK;
    if (!length) return -ENOENT;
    if (!m->cache || m->root_length || (how & PATH_RESOLVE))
        r = WALK;
    else if (path[0] != '/')
        r = by_cache_relative(m, host, base, path, length, how, place);
    else if (!text_starts(path, "/proc/"))
        r = by_cache(m, host, path, length, how, place);
    return r == WALK ? path_walk(m, host, base, path, how, place) : r;
}
