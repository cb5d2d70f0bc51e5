/* The pool of slots; see slots.h. */
#include "slots.h"

#include <linux/mman.h>

#include "../sys/raw.h"

_Static_assert(offsetof(struct slot, regs) == SLOT_REGS, "entry.S");
_Static_assert(offsetof(struct slot, busy) == SLOT_BUSY, "entry.S");
_Static_assert(offsetof(struct slot, pending) == SLOT_PENDING, "entry.S");
_Static_assert(sizeof(struct slot) <= SLOT_HEAD, "entry.S");

static u8 slots[SLOTS][SLOT_SIZE] __attribute__((aligned(SLOT_SIZE)));

/* The kernel zeroes this page in a forked child (MADV_WIPEONFORK, Linux 4.14), where the slots of the parent's
 * other threads would else stay taken for ever. A vfork child shares it. */
static struct {
    u32 owner; /* process id; 0: just forked; 1: being reset */
    u8 rest[PAGE_SIZE - 4];
} wiped __attribute__((aligned(PAGE_SIZE)));

struct slot *slot_at(unsigned index) {
    return (struct slot *)(slots[index] + SLOT_SIZE - SLOT_HEAD);
}

struct slot *slot_of_stack(u64 address) {
    u64 offset = address - (u64)slots;
    return offset < sizeof(slots) ? slot_at((unsigned)(offset / SLOT_SIZE)) : NULL;
}

long slots_begin(void) {
    wiped.owner = (u32)sys(__NR_getpid);
    return sys(__NR_madvise, &wiped, PAGE_SIZE, MADV_WIPEONFORK);
}

bool slots_borrowed(void) {
    return wiped.owner != (u32)sys(__NR_getpid);
}

static void reset_after_fork(void) {
    u32 fresh = 0;
    if (!__atomic_compare_exchange_n(&wiped.owner, &fresh, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(&wiped.owner, __ATOMIC_ACQUIRE) <= 1) sys(__NR_sched_yield);
        return;
    }
    for (unsigned i = 0; i < SLOTS; i++)
        if (i < 8 || slot_at(i)->busy) slot_at(i)->busy = 0;
    __atomic_store_n(&wiped.owner, (u32)sys(__NR_getpid), __ATOMIC_RELEASE);
}

struct slot *slot_take(u64 hint) {
    if (__atomic_load_n(&wiped.owner, __ATOMIC_ACQUIRE) <= 1) reset_after_fork();
    unsigned start = (unsigned)(hint >> 21) & 7;
    for (;;) {
        for (unsigned i = 0; i < SLOTS; i++) {
            struct slot *slot = slot_at((start + i) % SLOTS);
            if (slot->busy || __atomic_exchange_n(&slot->busy, 1, __ATOMIC_ACQUIRE)) continue;
            slot->pending = 0;
            slot->mask_wait = 0;
            return slot;
        }
        sys(__NR_sched_yield);
    }
}
