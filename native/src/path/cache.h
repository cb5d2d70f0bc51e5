/* What is known about directories, shared by all processes of a container; see cache.c. */
#ifndef PATH_CACHE_H
#define PATH_CACHE_H
#include "path.h"

/* A name was made, removed or renamed: forget what depended on it. */
void cache_forget(const struct place *place);

#endif
