/* The directory cache as a file under `state`, mapped by every process of a container, so that a new program finds
 * warm what its parent has walked, and hears of what others change. */
#include "directories.h"

#include <linux/mman.h>

#include "../engine.h"
#include "../sys/raw.h"
#include "files.h"
#include "reserve.h"

#define NAME "/directories"

static bool tried HOT;

static struct cache *map(long fd) {
    long r = sys(__NR_mmap, CACHE_BASE, sizeof(struct cache), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
    return is_error(r) ? NULL : (struct cache *)r;
}

COLD void directories_begin(u32 lockable, u64 moves) {
    long fd = state_open(NAME, O_RDWR | O_CREAT), size;
    if (fd < 0) return;
    size = sys(__NR_lseek, fd, 0, 2);
    long r = reserve_blocks(fd, sizeof(struct cache));
    /* Without room for it nobody may use it. */
    if (sys(__NR_ftruncate, fd, r == 0 ? sizeof(struct cache) : 0) == 0 && r == 0) {
        struct cache *cache = map(fd);
        if (cache) {
            cache_clear(cache);
            if (size != sizeof(struct cache)) cache->moves = moves;
            cache->lockable = lockable;
            engine.mounts.moves = cache->moves;
            sys(__NR_munmap, cache, sizeof(*cache));
        }
    }
    sys(__NR_close, fd);
}

COLD void directories_recover(struct cache *cache) {
    u32 changing = __atomic_load_n(&cache->changing, __ATOMIC_SEQ_CST);
    for (int i = 0; i < CACHE_CHANGERS; i++) {
        u32 thread = changing >> i & 1 ? __atomic_load_n(&cache->changers[i], __ATOMIC_SEQ_CST) : 0;
        if (thread && thread != ~0u && sys(__NR_kill, thread, 0) == -ESRCH) cache_abandoned(cache, i, thread);
    }
}
_Static_assert(CACHE_BASE + sizeof(struct cache) <= SLOTS_BASE, "CACHE_BASE");

struct cache *directories_open(void) {
    if (tried) return engine.mounts.cache;
    long fd = state_open(NAME, O_RDWR), size;
    if (fd >= 0) {
        size = sys(__NR_lseek, fd, 0, 2);
        /* Another thread may do the same: the same comes to lie at the same place. */
        if (size == sizeof(struct cache)) __atomic_store_n(&engine.mounts.cache, map(fd), __ATOMIC_RELEASE);
        sys(__NR_close, fd);
    }
    if (fd == -EMFILE || fd == -ENFILE) return NULL; /* later perhaps */
    tried = true;
    return engine.mounts.cache;
}

struct cache *directories_to_tell(void) {
    if (!engine.mounts.cache) tried = false;
    return directories_open();
}

/* Others would not hear of what this process changes: they lose the cache too, when they come to its missing pages. */
COLD bool directories_lost(u64 address) {
    if (address - CACHE_BASE >= sizeof(struct cache)) return false;
    u64 flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    long r = sys(__NR_mmap, CACHE_BASE, sizeof(struct cache), PROT_READ | PROT_WRITE, flags, -1, 0);
    __atomic_store_n(&engine.mounts.cache, NULL, __ATOMIC_RELEASE);
    long fd = state_open(NAME, O_RDWR);
    if (fd >= 0) {
        sys(__NR_ftruncate, fd, 0);
        sys(__NR_close, fd);
    }
    return !is_error(r);
}
