/* Rewriting of call sites: which are worth it. How it is done is the CPU's own affair: arch/<cpu>/patch.c. */
#include "rewrite.h"

#include "../engine.h"
#include "../state/directories.h"
#include "../sys/raw.h"
#include "areas.h"
#include "sites.h"

u32 traps_uncounted HOT;

#define TRAPS_FIRST 4 /* traps at a site before it is rewritten */

enum { COUNTING, WRITING, WRITTEN, LEFT };

struct site sites[SITES];

static volatile u32 writer HOT;      /* thread id of who rewrites, 0: nobody */

static struct site *site_of(u64 address, bool add) {
    unsigned at = (unsigned)((address * 0x9e3779b97f4a7c15UL) >> 40);
    for (unsigned i = 0; i < 16; i++) {
        struct site *site = &sites[(at + i) % SITES];
        u64 known = 0; /* written at once where that may be: a page that is read first costs two faults */
        if (!add)
            known = __atomic_load_n(&site->address, __ATOMIC_ACQUIRE);
        else if (__atomic_compare_exchange_n(&site->address, &known, address, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return site;
        if (known == address) return site;
        if (!known) return NULL;
    }
    return NULL;
}

long rewrite_number_of(u64 address, long number) {
    const struct site *site = site_of(address, false);
    return site && site->state != COUNTING ? patch_number(site, number) : number;
}

void rewrite_count_trapped(void) {
    struct cache *cache = directories_open();
    if (cache) __atomic_add_fetch(&cache->trapped, 1, __ATOMIC_RELAXED);
}

void rewrite_count_hooked(void) {
    struct cache *cache = directories_open();
    if (cache) __atomic_add_fetch(&cache->hooked, 1, __ATOMIC_RELAXED);
}

void rewrite_count_site(const struct call_row *row, u64 address, struct slot *slot) {
    if (!engine.plan.rewrite || !row || !patch_may_help(row) || address - ENGINE_BASE < ENGINE_SIZE) return;
    if (in_area(address)) return;
    struct site *site = site_of(address, true);
    if (!site || site->state == WRITING) return;
    if (++site->traps % TRAPS_FIRST || slot->pending) return;
    if (site->state == LEFT && site->traps) return; /* looked at again every 256 traps: the code may be another */
    if (site->state == WRITTEN && patch_is_there(site, row)) return;
    u32 nobody = 0, self = (u32)sys(__NR_gettid);
    if (!__atomic_compare_exchange_n(&writer, &nobody, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    site->state = WRITING;
    __atomic_store_n(&site->state, patch_write(site, row) ? WRITTEN : LEFT, __ATOMIC_RELEASE);
    __atomic_store_n(&writer, 0, __ATOMIC_RELEASE);
}
