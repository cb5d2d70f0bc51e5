/* The pool of slots; see slots.h. */
#include "slots.h"

#include <linux/kcmp.h>
#include <linux/mman.h>

#include "../sys/raw.h"

_Static_assert(offsetof(struct slot, regs) == SLOT_REGS, "entry.S");
_Static_assert(offsetof(struct slot, busy) == SLOT_BUSY, "entry.S");
_Static_assert(offsetof(struct slot, pending) == SLOT_PENDING, "entry.S");
_Static_assert(offsetof(struct slot, slow) == SLOT_SLOW && SLOT_SLOW == SLOT_PENDING + 4, "entry.S");
_Static_assert(offsetof(struct slot, mask_wait) == SLOT_MASK_WAIT, "entry.S");
_Static_assert(sizeof(struct slot) <= SLOT_HEAD, "entry.S");
_Static_assert(SLOTS >= 1 << SLOT_HASH_BITS && SLOTS >= HOOK_PROBES, "entry.S");

/* At SLOTS_BASE: the linker puts it there. The kernel gives these pages empty to a forked child (MADV_WIPEONFORK, Linux
 * 4.14), where the slots of the parent's other threads would else stay taken for ever. A vfork child shares them. */
u8 slots[SLOTS][SLOT_SIZE] __attribute__((aligned(SLOT_SIZE), section(".slots" ARCH_NOBITS)));

struct slot *slot_at(unsigned index) {
    return (struct slot *)(slots[index] + SLOT_SIZE - SLOT_HEAD);
}

struct slot *slot_of_stack(u64 address) {
    u64 offset = address - (u64)slots;
    return offset < sizeof(slots) ? slot_at((unsigned)(offset / SLOT_SIZE)) : NULL;
}

long slots_begin(void) {
    return sys(__NR_madvise, slots, sizeof(slots), MADV_WIPEONFORK);
}

bool slots_borrowed(void) {
    struct slot *slot = slot_of_stack((u64)__builtin_frame_address(0));
    if (!slot) return false; /* a program is just being loaded */
    u32 self = (u32)sys(__NR_getpid);
    if (!slot->owner) {
        /* A new process, or the vfork child of one: whoever shares the parent's memory borrows it. */
        u32 parent = (u32)sys(__NR_getppid);
        slot->owner = sys(__NR_kcmp, self, parent, KCMP_VM, 0, 0) == 0 ? parent : self;
    }
    return slot->owner != self;
}

struct slot *slot_take(void) {
    unsigned start = arch_slot_hint();
    for (;;) {
        for (unsigned i = 0; i < SLOTS; i++) {
            struct slot *slot = slot_at((start + i) % SLOTS);
            if ((i && slot->busy) || __atomic_exchange_n(&slot->busy, 1, __ATOMIC_ACQUIRE)) continue;
            slot->pending = slot->slow = 0;
            slot->mask_wait = 0;
            return slot;
        }
        sys(__NR_sched_yield);
    }
}
