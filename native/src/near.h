/* Where the kernel comes to a host path soonest. ROOT lies several directories deep on the host, and the kernel would
 * walk through all of them at each call, and ask for them again where they lie on a network. So the engine keeps
 * descriptors of ROOT, and what lies there is named from them. There are several because threads count who uses an open
 * file, and many would wait for each other's count. The guest must not meet them: calls/own-descriptor.c. */
#ifndef NEAR_H
#define NEAR_H
#include "path/path.h"

struct near {
    long directory;   /* a descriptor, or AT_FDCWD */
    const char *path; /* the end of what was given, or all of it */
};

/* Arguments of an *at call that mean the same as these. */
struct near near_path(int directory, const char *path);

static inline struct near near_place(const struct place *place) {
    return near_path(place->directory, place->path);
}

#endif
