/* Rewriting of call sites: after a few traps at a place, a jump to a trampoline takes the place of an instruction in
 * front of the system call, and its calls come to the engine without a signal. What cannot be done safely is left to
 * trap. See rewrite.c. */
#ifndef TRAP_REWRITE_H
#define TRAP_REWRITE_H
#include "calls.h"

/* A trapped call at `site` is over. */
void rewrite_seen(const struct call_row *row, u64 site, struct slot *slot);
/* The number that the code at `site` means: not what came while a jump took the place of its load. */
long rewrite_number(u64 site, long number);
/* Where *pc lies in a trampoline, put the address in the guest's own code in its place that stands for it. */
bool rewrite_rewind(__u64 *pc);
/* Under `debug`, count for the container how calls came. */
void rewrite_count_hooked(void);

#endif
