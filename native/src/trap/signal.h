/* Signals: the engine's own SIGSYS, SIGSEGV and SIGBUS handlers, and those of the guest, which run behind stubs. */
#ifndef TRAP_SIGNAL_H
#define TRAP_SIGNAL_H
#include "slots.h"

/* The kernel's struct sigaction, the same on both CPUs. */
struct kernel_action {
    u64 handler, flags, restorer, mask;
};

#define SIGNAL_BIT(n) (1UL << ((n) - 1))
#define RESTART_CALL (-512L) /* what arch_blocking returns where a signal was first */

/* Install the engine's handlers. `inherited`: bits of SIGSYS, SIGSEGV, SIGBUS that
 * the guest inherited as ignored, and, shifted up by 32, as blocked. */
long signals_begin(u64 inherited);
/* At the very first start: unblock SIGSYS. No guest can block it later. */
long signals_open(void);
/* What to hand to signals_begin() in the next program. */
u64 signals_inherited(void);
/* Around an exec: let the kernel block what the guest blocks of the engine's three signals, so that those sent are pending
 * in the next program; signals_begin() takes them there. False: there is nothing to hold. Where the exec fails they
 * are let go, and kept as before. */
bool signals_hold(void);
void signals_let_go(void);
/* Counted up by whoever needs to see signals that meet the guest. */
extern volatile u32 signals_look;
/* Signals kept because they were blocked may have become due: see to it that one is handed on when the call ends. */
void signals_due(struct slot *slot);
/* Block all signals until the call ends, and then let them meet the guest at once. False where one has met the call: it
 * is to be repeated. */
bool signals_delay(struct slot *slot);
/* The guest called from its alternate stack (`slow`), and all signals are blocked. While the call runs on its slot the
 * kernel would take that stack for free and put the next signal's frame over what is there: take it away, so that
 * signals come on the slot, and let them come. It is given back together with the guest's registers. */
void signals_leave_stack(struct slot *slot);
/* The way out of a call by way of CALL_FINISH, whether a signal is pending or not. */
void finish_always(struct slot *slot);
/* sigaction as the guest sees it. */
long signals_action(int number, const struct kernel_action *wanted, struct kernel_action *old);

#endif
