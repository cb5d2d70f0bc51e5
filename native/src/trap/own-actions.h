/* The guest's actions for SIGSYS, SIGSEGV and SIGBUS, whose handlers in the kernel are the engine's. The kernel's own table
 * stays the truth for them too, since vfork children share memory but not dispositions: its handler lies as many steps
 * before the engine's entry as is the number of the action. Nothing but instructions without effect lies there. */
#ifndef TRAP_OWN_ACTIONS_H
#define TRAP_OWN_ACTIONS_H
#include "../sys/raw.h"
#include "signal.h"

#define SIG_DFL_VALUE 0UL
#define SIG_IGN_VALUE 1UL
#define ALL_SIGNALS (~0UL)

enum { OWN_DEFAULT, OWN_IGNORED, OWN_FIRST };

extern struct kernel_action own_actions[OWN_ACTIONS]; /* from OWN_FIRST on, each written once */

static inline long kernel_action(int number, const struct kernel_action *wanted, struct kernel_action *old) {
    return sys(__NR_rt_sigaction, number, wanted, old, 8);
}

/* Is this address on the alternate stack of the thread that was interrupted? */
static inline bool stack_is_alternate(const struct ucontext *uc, u64 address) {
    const stack_t *stack = &uc->uc_stack;
    if (stack->ss_flags & (SS_DISABLE | (int)SS_AUTODISARM)) return false;
    return address - (u64)stack->ss_sp - 1 < stack->ss_size;
}

/* Install action `index` for one of the three. It runs where the guest's would: on the alternate stack, unless the guest
 * did not ask for that; but a trap may come where there is no other stack. */
long own_install(int number, unsigned index, struct kernel_action *old);
/* Which action this process has now for one of the three. */
unsigned own_index(int number);

/* own-forward.c. The action this process has now, as the guest gave it. */
struct kernel_action own_action(int number);
/* The number of this action. */
unsigned own_note(const struct kernel_action *wanted);
/* One of the three has come, but for the guest. Returns the handler to jump to, or 0. */
u64 own_forward(int number, struct ucontext *uc);

#endif
