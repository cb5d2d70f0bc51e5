/* Pages of the guest's alternate stacks, by the low bits of their numbers. Calls from there must trap, since only a trap
 * can leave such a stack with all signals blocked: see signals_leave_stack(). */
#ifndef ARCH_MARKS_H
#define ARCH_MARKS_H
#include "arch.h"

static inline bool mark_stack(u8 *marks, const stack_t *stack) {
    u64 first = (u64)stack->ss_sp / PAGE_LEAST, last = ((u64)stack->ss_sp + stack->ss_size - 1) / PAGE_LEAST;
    if (!stack->ss_size || stack->ss_flags & SS_DISABLE) return false;
    if (last - first >= STACK_MARKS) last = first + STACK_MARKS - 1;
    for (u64 page = first; page <= last; page++)
        if (!marks[page % STACK_MARKS]) marks[page % STACK_MARKS] = 1;
    return true;
}

#endif
