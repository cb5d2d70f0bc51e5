#include "arena.h"

#define ARENA_SIZE (64 * PATH_SIZE)

/* Behind the hot variables: the linker puts it there. */
static u8 arena[ARENA_SIZE] __attribute__((section(".bss.hot_arena"), aligned(8)));
static size_t used HOT;

void *arena_take(size_t size) {
    size = (size + 7) & ~(size_t)7;
    if (size > ARENA_SIZE - used) return NULL;
    used += size;
    return arena + used - size;
}
