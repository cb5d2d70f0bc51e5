/* Directories renamed above mounts: a list under `state`, which every process of the container follows. Each has a table
 * of mounts of its own; the directory cache tells all how long the list is, so that to follow costs one look. Who starts
 * later begins behind what is there: its mounts are where its plan says. */
#ifndef STATE_MOVES_H
#define STATE_MOVES_H
#include "../engine.h"

/* Bring the table of mounts up to date with the list. */
void moves_apply(void);

static inline void moves_follow(void) {
    const struct cache *cache = engine.mounts.cache;
    if (cache && __atomic_load_n(&cache->moves, __ATOMIC_ACQUIRE) != engine.mounts.moves) moves_apply();
}

/* How long the list is. */
u64 moves_made(void);
/* May mounts depend on what is called `name`? */
bool moves_concern(const char *name, size_t length);
/* Before a rename on which mounts depend: the list, to be given to moves_tell(), or -errno. */
long moves_open(void);
/* It is done. The list is closed. 0 or -errno: nobody was told. */
long moves_tell(long list, const char *from, const char *to, bool exchange);

#endif
