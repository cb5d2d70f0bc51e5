/* The directory cache as a file under `state`, mapped by every process of a container, so that a new program finds
 * warm what its parent has walked, and hears of what others change. */
#include "directories.h"

#include <linux/mman.h>

#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"

#define MAP_AT (ENGINE_BASE + 0x10000000UL) /* out of the guest's way */

static bool tried HOT;

static long open_file(u64 flags) {
    char path[PATH_SIZE];
    if (!engine.plan.state || strlen(engine.plan.state) + 16 > sizeof(path)) return -ENOENT;
    text_put(path, text_put(path, 0, engine.plan.state), "/directories");
    return sys(__NR_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

static struct cache *map(long fd) {
    long r = sys(__NR_mmap, MAP_AT, sizeof(struct cache), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return is_error(r) ? NULL : (struct cache *)r;
}

void directories_begin(void) {
    long fd = open_file(O_CREAT);
    if (fd < 0) return;
    if (sys(__NR_ftruncate, fd, sizeof(struct cache)) == 0) {
        struct cache *cache = map(fd);
        if (cache) {
            cache_clear(cache);
            sys(__NR_munmap, cache, sizeof(*cache));
        }
    }
    sys(__NR_close, fd);
}

void directories_recover(struct cache *cache) {
    u32 changing = __atomic_load_n(&cache->changing, __ATOMIC_SEQ_CST);
    for (int i = 0; i < CACHE_CHANGERS; i++) {
        u32 thread = changing >> i & 1 ? __atomic_load_n(&cache->changers[i], __ATOMIC_SEQ_CST) : 0;
        if (thread && thread != ~0u && sys(__NR_kill, thread, 0) == -ESRCH) cache_abandoned(cache, i, thread);
    }
}

struct cache *directories_open(void) {
    if (tried) return engine.mounts.cache;
    long fd = open_file(0), size;
    if (fd >= 0) {
        size = sys(__NR_lseek, fd, 0, 2);
        struct cache *cache = size == sizeof(struct cache) ? map(fd) : NULL, *none = NULL;
        sys(__NR_close, fd);
        if (cache && !__atomic_compare_exchange_n(&engine.mounts.cache, &none, cache, false, __ATOMIC_ACQ_REL,
                                                  __ATOMIC_ACQUIRE))
            sys(__NR_munmap, cache, sizeof(*cache)); /* another thread was first */
    }
    if (fd == -EMFILE || fd == -ENFILE) return NULL; /* later perhaps */
    tried = true;
    return engine.mounts.cache;
}
