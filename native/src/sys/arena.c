#include "arena.h"

#define ARENA_SIZE (64 * PATH_SIZE)
#define NEAR_SIZE 1408 /* what is left of the page that every program writes to: see engine.ld */

static u8 near[NEAR_SIZE] __attribute__((section(".bss.hot_arena"), aligned(8)));
static u8 arena[ARENA_SIZE] __attribute__((aligned(8)));
static size_t near_used HOT, used HOT;

static void *take(u8 *from, size_t room, size_t *taken, size_t size) {
    if (size > room - *taken) return NULL;
    *taken += size;
    return from + *taken - size;
}

void *arena_take(size_t size) {
    size = (size + 7) & ~(size_t)7;
    void *first = take(near, NEAR_SIZE, &near_used, size);
    return first ? first : take(arena, ARENA_SIZE, &used, size);
}
