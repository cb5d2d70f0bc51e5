/* The kernel looks at flags before it looks at paths. The engine resolves paths first, so where that fails the kernel is
 * asked whether it has an error that would have come before. */
#ifndef CALLS_ORDER_H
#define CALLS_ORDER_H
#include "../trap/calls.h"

/* A call answered `result`, an error, before the kernel had seen it: the kernel's own error for its flags, else the
 * same. Takes the arguments from the guest's registers. */
long order_flags(const struct call *call, long result);

/* Flags that renameat2 refuses at once. */
bool rename_flags_wrong(u32 flags);

#endif
