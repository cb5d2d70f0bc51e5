#include "near.h"

#include <linux/fcntl.h>

#include "engine.h"
#include "sys/text.h"

struct near near_path(int directory, const char *path) {
    const struct mount *root = engine.mounts.table;
    struct near near = {directory, path};
    int descriptor = __atomic_load_n(&engine.root_descriptor, __ATOMIC_RELAXED);
    if (!descriptor || directory != AT_FDCWD || memcmp(path, root->host, root->host_length) != 0) return near;
    path += root->host_length;
    if (path[0] != '/' || !path[1] || path[1] == '/') return near;
    return (struct near){descriptor, path + 1};
}
