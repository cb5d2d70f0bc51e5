/* What the guest has asked for, and that it happens; see own-actions.h. Not needed by every program. */
#include "own-actions.h"

#include "blocked.h"

static u32 noted;

struct kernel_action own_action(int number) {
    unsigned index = own_index(number);
    return index >= OWN_FIRST ? own_actions[index] : (struct kernel_action){.handler = index};
}

/* Where there are none left the oldest one is taken that this process does not use. */
unsigned own_note(const struct kernel_action *wanted) {
    if (wanted->handler <= SIG_IGN_VALUE) return (unsigned)wanted->handler;
    for (unsigned i = OWN_FIRST; i < OWN_ACTIONS; i++) {
        const struct kernel_action *known = &own_actions[i];
        if (__atomic_load_n(&known->handler, __ATOMIC_ACQUIRE) == wanted->handler && known->flags == wanted->flags &&
            known->mask == wanted->mask && known->restorer == wanted->restorer)
            return i;
    }
    unsigned index;
    do
        index = OWN_FIRST + __atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED) % (OWN_ACTIONS - OWN_FIRST);
    while (index == own_index(SIGSYS) || index == own_index(SIGSEGV) || index == own_index(SIGBUS));
    struct kernel_action *place = &own_actions[index];
    place->handler = 0;
    place->flags = wanted->flags, place->mask = wanted->mask, place->restorer = wanted->restorer;
    __atomic_store_n(&place->handler, wanted->handler, __ATOMIC_RELEASE);
    return index;
}

/* Let the default action of `number` happen to this process, as if it had no handler. */
static void die_of(int number) {
    struct kernel_action nothing = {.handler = SIG_DFL_VALUE};
    kernel_action(number, &nothing, NULL);
    sys(__NR_tgkill, sys(__NR_getpid), sys(__NR_gettid), number);
    u64 open = SIGNAL_BIT(number);
    sys(__NR_rt_sigprocmask, SIG_UNBLOCK, &open, NULL, 8);
}

u64 own_forward(int number, struct ucontext *uc) {
    const struct kernel_action action = own_action(number);
    if (action.handler == SIG_IGN_VALUE) return 0;
    if (action.handler == SIG_DFL_VALUE) {
        die_of(number);
        return 0;
    }
    if (stack_is_alternate(uc, (u64)&action)) arch_mark_stack(uc);
    u64 mask = (*frame_mask(uc) | action.mask) & ~OWN_SIGNALS;
    if (action.flags & SA_RESETHAND) own_install(number, OWN_DEFAULT, NULL);
    sys(__NR_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
    return action.handler;
}
