/* Removes what a container's engine leaves on disk. Links are removed, not followed; what cannot be removed stays. */
#include <linux/stat.h>

#include "../sys/entry.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "supervise.h"

#define DEEPEST 32

static void remove_at(int directory, const char *name, int depth);

static void empty(int fd, int depth) {
    char room[1024] __attribute__((aligned(8)));
    for (long n; (n = sys(__NR_getdents64, fd, room, sizeof(room))) > 0;)
        for (long at = 0; at < n; at += ((struct entry *)(room + at))->length) {
            const char *name = ((struct entry *)(room + at))->name;
            if (!text_equal(name, ".") && !text_equal(name, "..")) remove_at(fd, name, depth + 1);
        }
}

static void remove_at(int directory, const char *name, int depth) {
    if (sys(__NR_unlinkat, directory, name, 0) == 0 || depth > DEEPEST) return;
    long fd = sys(__NR_openat, directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0) return;
    empty((int)fd, depth);
    sys(__NR_close, fd);
    sys(__NR_unlinkat, directory, name, AT_REMOVEDIR);
}

void remove_tree(const char *path) {
    remove_at(AT_FDCWD, path, 0);
}
