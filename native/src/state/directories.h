/* The file that holds the directory cache of a container. */
#ifndef STATE_DIRECTORIES_H
#define STATE_DIRECTORIES_H
#include "../path/cache.h"

/* At the first start of a run: make the file if need be, and forget what was known: the host may have changed it. */
void directories_begin(void);
/* The cache, mapped when first asked for; NULL where the plan names no state or it cannot be used. */
struct cache *directories_open(void);

/* Changes are under way: forget what processes that were killed meanwhile may have changed. */
void directories_recover(struct cache *cache);

#endif
