/* Pages for trampolines near the code that jumps there, and the writing of code. */
#ifndef TRAP_AREAS_H
#define TRAP_AREAS_H
#include "../arch/patch.h"

#define AREAS 32

struct area {
    u64 at;
    u32 used;
};

extern struct area areas[AREAS];
extern unsigned area_count;

/* Does this address lie among trampolines? */
static inline bool in_area(u64 address) {
    for (unsigned i = 0; i < area_count; i++)
        if (address - areas[i].at < AREA_SIZE) return true;
    return false;
}

/* Write code through /proc/thread-self/mem, which breaks copy-on-write whatever the mapping's protection. */
bool code_write(u64 at, const void *bytes, size_t n);
/* Does this thread run alone in its memory? */
bool code_is_ours_alone(void);
/* Have every CPU that runs this process see what was written. Less than 0 where the kernel does not know how. */
long code_barrier(void);

/* An area that `site` can reach, with `room` bytes left in it; NULL: there is none, and no room for one. */
struct area *area_for(u64 site, unsigned room);
/* `area`, the next one, is the mapping at `at`; the hook's address is written to `hook_at`, if that is not 0. */
bool area_begin(struct area *area, u64 at, u64 hook_at, u32 used);

#endif
