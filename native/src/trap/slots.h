/* Slots: the stacks on which caught calls run. A lock-free pool, because a guest thread may have next to no stack
 * (Go) and the engine has no thread-local storage of its own. Guest code never runs while its thread holds a slot:
 * signals wait for the end of the call (signal.c), so neither longjmp nor a guest that looks at its stack pointer
 * in a handler can do harm. */
#ifndef TRAP_SLOTS_H
#define TRAP_SLOTS_H
#include "../arch/arch.h"

#define SLOTS 512

/* In the top SLOT_HEAD bytes of a slot; the stack grows down from below it. */
struct slot {
    struct regs regs;          /* the guest's registers at its call */
    u32 *busy_at;              /* for the exit in entry.S */
    volatile u32 pending;      /* a signal number: it came in during the call and waits in `info` */
    volatile u32 slow;         /* the guest had its alternate stack, which is to be given back */
    u64 mask;                  /* signal mask to resume with, once `pending` is set */
    u64 wait_mask;             /* a waiting call's own mask; valid while `mask_wait` */
    u32 mask_wait;             /* 1: the call waits with wait_mask; 2: a signal ended that wait */
    u32 repair_tid;            /* thread whose next handler must return to repair_mask */
    u64 repair_mask;
    stack_t alternate;         /* that stack, valid while `slow` */
    void *vector; /* argument vector of a big exec, kept with the slot because a vfork child cannot free it */
    u64 vector_size;
    siginfo_t info;
};

/* Take a slot. Waits where all are taken. */
struct slot *slot_take(void);
/* 0: the slot is free. Apart from the slots, on pages that a forked child gets empty. 32 bits: the kernel clears the
 * word for execs of vfork children. */
static inline volatile u32 *slot_busy(const struct slot *slot) {
    return (volatile u32 *)(BUSY_BASE + ((u64)slot - SLOTS_BASE) / SLOT_SIZE * BUSY_SIZE);
}
/* Not 0 while the slot's call reads the table of owners, which must then stay mapped (state/ownership.c). */
static inline volatile u32 *slot_reading(const struct slot *slot) {
    return slot_busy(slot) + 4;
}
static inline void slot_release(struct slot *slot) {
    __atomic_store_n(slot_busy(slot), 0, __ATOMIC_RELEASE);
}
/* The slot in which a stack address lies, or NULL. */
struct slot *slot_of_stack(u64 address);
/* Arrange for forked children to find all slots free. */
long slots_begin(void);
/* Does this process borrow its memory from a parent that waits in vfork? */
bool slots_borrowed(void);
struct slot *slot_at(unsigned index);

#endif
