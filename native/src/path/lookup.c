/* Resolution by way of the directory cache: the directory part of a path is looked up as text, the last name is put
 * behind what it leads to. Where that is not enough, path_walk() does it all. */
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "../sys/text.h"
#include "path.h"

/* Walk the components of text[at..length) that are not known yet, and remember each directory reached. */
static __attribute__((noinline)) long learn(const struct mounts *m, const struct path_host *host, const char *text,
                                            size_t length, struct cache_answer *answer) {
    struct path_step step = {.lasting = true};
    u32 generation = cache_generation(m->cache);
    size_t at = length;
    for (;;) {
        while (at && text[--at] != '/') {
        }
        answer->length = answer->mount = answer->links = 0;
        answer->guest[0] = 0;
        if (!at || cache_find(m->cache, m->identity, text, at, answer)) break;
    }
    while (at < length) {
        step.name = text + ++at;
        while (at < length && text[at] != '/') at++;
        step.length = (size_t)(text + at - step.name);
        if (!step.length) continue;
        long r = path_step(m, host, answer, &step);
        if (r < 0) return r;
        if (step.lasting) cache_put(m->cache, m->identity, generation, text, at, answer);
    }
    return 0;
}

/* base + "/" + the directory part of path, without a slash at its end. Its length, or -EOVERFLOW. */
static long directory_text(char *text, const char *base, const char *path, size_t part) {
    size_t n = path[0] == '/' ? 0 : strlen(base);
    if (n == 1) n = 0; /* "/" */
    if (n + part + 2 > PATH_SIZE) return -EOVERFLOW;
    memcpy(text, base, n);
    if (part && path[0] != '/') text[n++] = '/';
    memcpy(text + n, path, part);
    for (n += part; n && text[n - 1] == '/';) n--;
    return (long)n;
}

static long join(const struct mounts *m, const struct cache_answer *d, const char *name, size_t n,
                 struct place *place) {
    const struct mount *mount = &m->table[d->mount];
    size_t rest = d->length - mount->guest_length, length = mount->host_length + rest;
    if (d->length + n + 2 > PATH_SIZE || length + n + 2 > PATH_SIZE) return -EOVERFLOW;
    char *text = place->text;
    memcpy(text, mount->host, mount->host_length);
    memcpy(text + mount->host_length, d->guest + mount->guest_length, rest);
    if (n) text[length++] = '/';
    memcpy(text + length, name, n + 1);
    place->length = (u32)(length + n);
    place->directory = AT_FDCWD;
    place->path = text;
    place->flags = mount->flags & MOUNT_READ_ONLY ? PLACE_READ_ONLY : 0;
    place->mount = (int)d->mount;
    return 0;
}

#define SHORT 256

/* What `directory` is, if it is known: texts that the cache can hold, and little stack. */
static bool recall(const struct mounts *m, const char *base, const char *path, size_t part, struct place *place,
                   const char *name) {
    char text[SHORT + 2], guest[SHORT];
    struct cache_answer directory = {.guest = guest};
    if (part + strlen(base) > SHORT) return false;
    size_t length = (size_t)directory_text(text, base, path, part);
    guest[0] = 0;
    if (length && !cache_find(m->cache, m->identity, text, length, &directory)) return false;
    return join(m, &directory, name, strlen(name), place) == 0;
}

static __attribute__((noinline)) long learn_and_join(const struct mounts *m, const struct path_host *host,
                                                     const char *base, const char *path, size_t part,
                                                     struct place *place) {
    char text[PATH_SIZE], guest[PATH_SIZE];
    struct cache_answer directory = {.guest = guest};
    long length = directory_text(text, base, path, part);
    if (length < 0) return length;
    guest[0] = 0;
    long r = length ? learn(m, host, text, (size_t)length, &directory) : 0;
    return r < 0 ? r : join(m, &directory, path + part, strlen(path + part), place);
}

long path_lookup(const struct mounts *m, const struct path_host *host, const char *base, const char *path, u32 how,
                 struct place *place) {
    const char *name = text_last_name(path);
    size_t part = (size_t)(name - path);
    long r;
    if (!m->cache || m->root_length || (how & PATH_RESOLVE)) goto walk;
    if (how & PATH_KEEP && name[0] && name[0] != '.') name += strlen(name), part = (size_t)(name - path);
    else if (!name[0]) goto walk;
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]))) goto walk;
    if (text_starts(path, "/proc/")) goto walk;
    if (!recall(m, base, path, part, place, name)) {
        r = learn_and_join(m, host, base, path, part, place);
        if (r == -EXDEV || r == -EOVERFLOW) goto walk;
        if (r < 0) return r;
    }
    if (m->count > 1 && mounts_of_shadow(m, place->text, place->length)) goto walk;
    if (how & PATH_WRITE && place->flags & PLACE_READ_ONLY) goto walk; /* EROFS, unless something is missing */
    if (!name[0] || (how & (PATH_FOLLOW | PATH_LAZY | PATH_PARENT)) != PATH_FOLLOW) return 0;
    char link[8];
    r = host->read_link(place->text, link, sizeof(link));
    if (r >= 0) goto walk;
    return r == -EINVAL || r == -ENOENT ? 0 : r;
walk:
    return path_walk(m, host, base, path, how, place);
}
