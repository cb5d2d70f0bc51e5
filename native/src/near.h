/* Where the kernel comes to a host path soonest. ROOT lies several directories deep on the host, and the kernel would
 * walk through all of them at each call, revalidate them where they lie on a network. So the engine keeps a descriptor
 * of ROOT, and what lies there is named from it. The guest must not meet that descriptor: calls/own-descriptor.c. */
#ifndef NEAR_H
#define NEAR_H
#include <linux/fcntl.h>

#include "engine.h"
#include "sys/text.h"

struct near {
    long directory; /* a descriptor, or AT_FDCWD */
    const char *path; /* the end of what was given, or all of it */
};

/* Arguments of an *at call that mean the same as these. */
static inline struct near near_path(int directory, const char *path) {
    const struct mount *root = engine.mounts.table;
    int descriptor = __atomic_load_n(&engine.root_descriptor, __ATOMIC_RELAXED);
    if (!descriptor || directory != AT_FDCWD) return (struct near){directory, path};
    size_t n = root->host_length;
    if (memcmp(path, root->host, n) != 0 || path[n] != '/' || !path[n + 1] || path[n + 1] == '/')
        return (struct near){directory, path};
    return (struct near){descriptor, path + n + 1};
}

static inline struct near near_place(const struct place *place) {
    return near_path(place->directory, place->path);
}

#endif
