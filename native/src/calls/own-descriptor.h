/* The engine's own descriptor: that of ROOT, see near.h. */
#ifndef CALLS_OWN_DESCRIPTOR_H
#define CALLS_OWN_DESCRIPTOR_H
#include "../engine.h"

/* Open it, at the first start of a container. Without it everything is as well, only slower. */
void own_descriptor_open(void);
/* The number that an exec handed on: 0, or it is open. */
void own_descriptor_resume(u64 number);
/* The guest has this number for something else, or another engine begins: close it, and go on without. */
void own_descriptor_give_up(void);
/* Is this what a link of /proc/PID/fd of that number leads to? */
bool link_is_own(u64 number, const char *host_path);

/* Is it this one? The guest has no such descriptor: EBADF. */
static inline bool descriptor_is_own(u64 fd) {
    u32 own = (u32)__atomic_load_n(&engine.root_descriptor, __ATOMIC_RELAXED);
    return own && (u32)fd == own;
}

#endif
