/* The engine's own descriptors: those of ROOT, see near.h. */
#ifndef CALLS_OWN_DESCRIPTOR_H
#define CALLS_OWN_DESCRIPTOR_H
#include "../engine.h"

/* Open them, at the first start of a container. Without them everything is as well, only slower. */
void own_descriptors_open(void);
/* The guest has one of the numbers for something else, or another engine begins: close them, and go on without. */
void own_descriptors_give_up(void);
/* Is this where a link of /proc/PID/fd leads if, having the number of one of them, it is one? */
bool link_is_own(const char *host_path);

/* Is it one of them? The guest has no such descriptor: EBADF. */
static inline bool descriptor_is_own(u64 fd) {
    u32 first = (u32)__atomic_load_n(&engine.root_descriptors, __ATOMIC_RELAXED);
    return first && (u32)fd - first < ROOT_DESCRIPTORS;
}

#endif
