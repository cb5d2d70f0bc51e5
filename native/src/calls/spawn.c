/* clone as posix_spawn makes it: a child that shares its parent's memory while the parent waits, on a stack of its own.
 * musl's is 5 KB in the parent's frame, which is no room for the kernel's frame of SIGSYS on CPUs with large ones, and
 * that frame would come with the child's first caught call. And where a handler of the parent makes the child, the frames
 * would come to lie over that handler's own, at the top of the alternate stack. So for such a child an alternate stack is
 * lent: caught calls take their frames there, whatever the child's own stack is.
 *
 * The kernel hands alternate stacks on to a vfork child: the parent has the lent one until the child has gone or started
 * its program, holds its slot meanwhile, and so runs no code of the guest. The child begins on a slot of its own, with the
 * guest's registers in it, and becomes the guest by CALL_FINISH. What is lent belongs to the slot, so that
 * threads and children of the child may do the same, and the next child finds its pages there. */
#include <linux/mman.h>
#include <linux/sched.h>

#include "../sys/raw.h"
#include "handlers.h"

#define LENT_SIZE 0x20000 /* most of it never touched; the largest frames there are, of 64 KiB of matrix registers, fit */

/* The alternate stack from now on, and what it was. False: there is no memory, the child must do without. */
static bool lend(struct slot *slot, stack_t *before) {
    if (!slot->lent) {
        u64 flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        long r = sys(__NR_mmap, 0, LENT_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
        if (is_error(r)) return false;
        slot->lent = (void *)r;
    }
    stack_t lent = {.ss_sp = slot->lent, .ss_size = LENT_SIZE};
    return sys(__NR_sigaltstack, &lent, before) == 0;
}

long call_clone(struct call *call) {
    stack_t before;
    if (call->a[0] & CLONE_NAMESPACES) return -EPERM;
    struct slot *child = slot_take();
    child->regs = call->slot->regs;
    regs_begin_child(&child->regs, call->a[1]);
    bool lends = lend(call->slot, &before);
    regs_forget_frame(&call->slot->regs); /* the child's stack may be anywhere */
    long r = arch_spawn(call->a, call->slot, child);
    if (r < 0) slot_release(child);
    if (r > 0) call->slot->vforked++; /* the child, whose slot is another, may have counted its program there */
    if (lends) sys(__NR_sigaltstack, &before, NULL);
    return r;
}
