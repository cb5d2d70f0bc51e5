/* Calls that set dispositions and masks. The engine's own signals must stay open: their bits are taken out of every
 * mask, and where the guest can see them kept apart (trap/blocked.h). */
#include "../sys/raw.h"
#include "../sys/text.h"
#include "../trap/blocked.h"
#include "handlers.h"

long call_sigaction(struct call *call) {
    struct kernel_action wanted, old;
    int number = (int)call->a[0];
    u64 new_at = call->a[1], old_at = call->a[2];
    if (call->a[3] != 8 || number < 1 || number > 64) return -EINVAL;
    long r;
    if (new_at && (number == SIGKILL || number == SIGSTOP)) return -EINVAL;
    if (new_at && (r = arch_copy(&wanted, (const void *)new_at, sizeof(wanted))) < 0) return r;
    r = signals_action(number, new_at ? &wanted : NULL, old_at ? &old : NULL);
    if (r == 0 && old_at) r = arch_copy((void *)old_at, &old, sizeof(old));
    return r;
}

static long copy_mask(u64 at, u64 *mask) {
    long r = arch_copy(mask, (const void *)at, 8);
    *mask &= ~OWN_SIGNALS;
    return r;
}

static u64 masked(int how, u64 before, u64 set) {
    return how == SIG_BLOCK ? before | set : how == SIG_UNBLOCK ? before & ~set : set;
}

long call_sigprocmask(struct call *call) {
    u64 set = 0, kernel_set, old = 0, set_at = call->a[1], old_at = call->a[2];
    if (call->a[3] != 8) return -EINVAL;
    long r = set_at ? arch_copy(&set, (const void *)set_at, 8) : 0;
    if (r < 0) return r;
    kernel_set = set & ~OWN_SIGNALS;
    call->a[1] = set_at ? (u64)&kernel_set : 0;
    call->a[2] = (u64)&old;
    /* Not while a signal is kept: the mask would then be the engine's. The guest repeats the call behind its handler. */
    r = call_run(call);
    if (r < 0) return r;
    u64 before = own_blocked(old), after = before;
    if (set_at) {
        after = masked((int)call->a[0], before, set & OWN_SIGNALS);
        if (before | after) own_block(after, masked((int)call->a[0], old, kernel_set));
    }
    if (before & ~after) signals_due(call->slot);
    old |= before;
    return old_at ? arch_copy((void *)old_at, &old, 8) : 0;
}

long call_sigpending(struct call *call) {
    u64 set = 0, to = call->a[0], size = call->a[1];
    if (size > 8) return -EINVAL;
    call->a[0] = (u64)&set;
    long r = call_run(call);
    if (r < 0) return r;
    set |= own_kept();
    return arch_copy((void *)to, &set, size);
}

/* A call that waits with a mask of its own, whose address is argument `at`. */
static long wait_with_mask(struct call *call, unsigned at) {
    long r = copy_mask(call->a[at], &call->slot->wait_mask);
    if (r < 0) return r;
    call->a[at] = (u64)&call->slot->wait_mask;
    call->slot->mask_wait = 1;
    r = call_run(call);
    if (call->slot->mask_wait == 1) call->slot->mask_wait = 0;
    return r;
}

long call_sigsuspend(struct call *call) {
    return call->a[1] == 8 ? wait_with_mask(call, 0) : -EINVAL;
}

long call_wait_mask3(struct call *call) {
    return call->a[4] == 8 ? wait_with_mask(call, 3) : -EINVAL;
}

long call_wait_mask4(struct call *call) {
    return call->a[5] == 8 ? wait_with_mask(call, 4) : -EINVAL;
}

/* The sixth argument of pselect6 is the address of a mask's address and size. */
long call_pselect(struct call *call) {
    struct {
        u64 mask, size;
    } pair;
    long r = arch_copy(&pair, (const void *)call->a[5], sizeof(pair));
    if (r < 0) return r;
    if (!pair.mask) return call_run(call);
    if (pair.size != 8) return -EINVAL;
    r = copy_mask(pair.mask, &call->slot->wait_mask);
    if (r < 0) return r;
    pair.mask = (u64)&call->slot->wait_mask;
    call->a[5] = (u64)&pair;
    call->slot->mask_wait = 1;
    r = call_run(call);
    if (call->slot->mask_wait == 1) call->slot->mask_wait = 0;
    return r;
}
