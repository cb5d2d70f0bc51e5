/* Pages for trampolines. Nothing is ever writable and executable at once, no mapping of the guest is split, and a forked
 * child has its own copies of sites and trampolines. */
#include "areas.h"

#include <asm/stat.h>
#include <linux/membarrier.h>
#include <linux/mman.h>

#include "../state/directories.h"
#include "../sys/raw.h"
#include "signal.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

struct area areas[AREAS];
unsigned area_count HOT;

bool code_write(u64 at, const void *bytes, size_t n) {
    long fd = sys(__NR_openat, AT_FDCWD, "/proc/thread-self/mem", O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return false;
    long r = sys(__NR_pwrite64, fd, bytes, n, at);
    sys(__NR_close, fd);
    return r == (long)n;
}

/* A vfork child does not: its parent's other threads go on. */
bool code_is_ours_alone(void) {
    struct stat st;
    return !slots_borrowed() && sys(__NR_newfstatat, AT_FDCWD, "/proc/self/task", &st, 0) == 0 && st.st_nlink == 3;
}

long code_barrier(void) {
    return sys(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0);
}

static u64 map_area(u64 hint, u64 site) {
    u64 fixed = hint ? MAP_FIXED_NOREPLACE : 0;
    long r = sys(__NR_mmap, hint, AREA_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1, 0);
    if (is_error(r)) return 0;
    if (area_in_reach((u64)r, site)) return (u64)r;
    sys(__NR_munmap, r, AREA_SIZE);
    return 0;
}

/* An area where the kernel puts mappings, or below the program, away from its heap. */
static u64 map_near(u64 site) {
    u64 at = map_area(0, site);
    for (u64 distance = 1UL << 20; !at && distance < (u64)AREA_REACH; distance *= 2)
        if (site > distance + 0x10000) at = map_area((site - distance) & ~(arch_page() - 1), site);
    for (u64 distance = AREA_REACH - (1UL << 20); !at && distance > AREA_ABOVE; distance /= 2)
        at = map_area((site + distance) & ~(arch_page() - 1), site);
    return at;
}

bool area_begin(struct area *area, u64 at, u64 hook_at, u32 used) {
    u64 hook = arch_hook();
    if (!area_count) directories_open(); /* it lives long enough to be rewritten: its forked children need not open it */
    area->at = at;
    area->used = used;
    if (hook_at && !code_write(hook_at, &hook, sizeof(hook))) return false;
    if (!area_count) __atomic_add_fetch(&signals_look, 1, __ATOMIC_SEQ_CST); /* signals may meet trampolines now */
    __atomic_store_n(&area_count, area_count + 1, __ATOMIC_RELEASE);
    return true;
}

struct area *area_for(u64 site, unsigned room) {
    for (unsigned i = 0; i < area_count; i++)
        if (area_in_reach(areas[i].at, site) && areas[i].used + room <= AREA_SIZE) return &areas[i];
    if (area_count == AREAS) return NULL;
    struct area *area = &areas[area_count];
    u64 at = map_near(site);
    if (!at) return NULL;
    if (area_begin(area, at, AREA_HEAD ? at : 0, AREA_HEAD)) return area;
    sys(__NR_munmap, at, AREA_SIZE);
    return NULL;
}
