/* Slots: the stacks on which caught calls run. A lock-free pool, because a guest thread may have next to no stack
 * (Go) and the engine has no thread-local storage of its own. Guest code never runs while its thread holds a slot:
 * signals wait for the end of the call (signal.c), so neither longjmp nor a guest that looks at its stack pointer
 * in a handler can do harm. */
#ifndef TRAP_SLOTS_H
#define TRAP_SLOTS_H
#include "../arch/arch.h"

#define SLOTS 512

enum { BY_NONE, BY_PATH, BY_LINK };

/* In the top SLOT_HEAD bytes of a slot; the stack grows down from below it. */
struct slot {
    struct regs regs;          /* the guest's registers at its call */
    volatile u32 busy;         /* 0: the slot is free. 32 bits: the kernel clears it for execs of vfork children */
    u32 owner;                 /* process whose memory this is, 0: not asked for yet */
    volatile u32 pending;      /* a signal number: it came in during the call and waits in `info` */
    volatile u32 slow;         /* the guest had its alternate stack, which is to be given back */
    u64 mask;                  /* signal mask to resume with, once `pending` is set */
    u64 wait_mask;             /* a waiting call's own mask; valid while `mask_wait` */
    u32 mask_wait;             /* 1: the call waits with wait_mask; 2: a signal ended that wait; 3: `mask` is known */
    u32 repair_tid;            /* thread whose next handler must return to repair_mask */
    u64 repair_mask;
    stack_t alternate;         /* that stack, valid while `slow` */
    void *vector; /* argument vector of a big exec, kept with the slot because a vfork child cannot free it */
    u64 vector_size;
    void *lent; /* alternate stack for children that share this memory, kept too: see calls/spawn.c */
    u32 left_alone; /* so many traps do not lead to rewriting: see trap/rewrite.h */
    u32 vforked;    /* programs started by vfork children that are not waited for yet */
    u32 by_descriptor; /* how paths relative to a descriptor are found: see calls/resolve.c */
    volatile u32 ids_lock; /* of the first slot only: see calls/own-ids.c */
    siginfo_t info;
};

/* Take a slot. Waits where all are taken. */
struct slot *slot_take(void);
static inline void slot_release(struct slot *slot) {
    __atomic_store_n(&slot->busy, 0, __ATOMIC_RELEASE);
}
/* The slot in which a stack address lies, or NULL. */
struct slot *slot_of_stack(u64 address);
/* Arrange for forked children to find all slots free. */
long slots_begin(void);
/* Does this process borrow its memory from a parent that waits in vfork? To be asked in a call. */
bool slots_borrowed(void);
struct slot *slot_at(unsigned index);

#endif
