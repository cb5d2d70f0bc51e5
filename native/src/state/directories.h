/* The file that holds the directory cache of a container. */
#ifndef STATE_DIRECTORIES_H
#define STATE_DIRECTORIES_H
#include "../path/cache.h"

/* At the first start of a run: make the file if need be, and forget what was known: the host may have changed it.
 * `lockable`: the device on which running programs are locked, or 0; `moves`: how long the list of moves is. */
void directories_begin(u32 lockable, u64 moves);
/* The cache, mapped when first asked for; NULL where the plan names no state or it cannot be used. */
struct cache *directories_open(void);
/* The same for who is about to change a name: others may have made the file since it could not be used here. */
struct cache *directories_to_tell(void);
/* A look at the cache at this address ended in a SIGBUS: there is no room for it on the disk. True: it was the cache.
 * The address may be used again, and no process of the container uses the cache any longer. */
bool directories_lost(u64 address);

/* Changes are under way: forget what processes that were killed meanwhile may have changed. */
void directories_recover(struct cache *cache);

#endif
