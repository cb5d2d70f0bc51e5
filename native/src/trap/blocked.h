/* What the guest blocks of SIGSYS, SIGSEGV and SIGBUS. The kernel must never block them, or it would kill where the
 * engine is to be called or meets a bad address. So their bits are kept here, by thread, and a signal that meets a
 * thread that blocks it is kept for when it no longer does. */
#ifndef TRAP_BLOCKED_H
#define TRAP_BLOCKED_H
#include "signal.h"

#define OWN_SIGNALS (SIGNAL_BIT(SIGSYS) | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS))

/* Begin with these bits for every thread that has not said otherwise. */
void own_begin(u64 blocked);
/* The bits this thread blocks, while the kernel's mask of the guest is `mask`. A handler's return restores that mask and
 * not these bits: where it is not what it was when they were set, they are no longer so. */
u64 own_blocked(u64 mask);
/* The same in a call: asks the kernel for the mask where that matters. */
u64 own_blocked_now(void);
void own_block(u64 bits, u64 mask);

/* Keep a signal of these three, which was sent to this process. */
void own_keep(int number, const siginfo_t *info);
/* Bits of the signals kept. */
u64 own_kept(void);
/* A kept signal of those in `bits`: its number, *info filled, no longer kept; 0: there is none. */
int own_take(siginfo_t *info, u64 bits);

#endif
