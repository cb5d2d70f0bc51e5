/* The table of call sites that have trapped, which trap/rewrite.c keeps and the CPU's own part of rewriting fills. */
#ifndef TRAP_SITES_H
#define TRAP_SITES_H
#include "../arch/patch.h"
#include "calls.h"

#define SITES 512

/* struct site is the CPU's own; all have an `address`, a `state` and a count of `traps`. */
extern struct site sites[SITES];

/* Can this call be brought to the hook? */
static inline bool can_be_hooked(const struct call_row *row) {
    return row->when == ALWAYS || row->when == EMULATED || row->when == ARGUMENT_SET;
}

/* Is it worth while to count a trap of this call? */
bool patch_may_help(const struct call_row *row);
/* Rewrite the site, which has trapped with this call. False where that cannot be done. */
bool patch_write(struct site *site, const struct call_row *row);
/* It was rewritten, and yet traps: is what was written still there, and all that can be done? */
bool patch_is_there(const struct site *site, const struct call_row *row);
/* The number that the code at the site means. */
long patch_number(const struct site *site, long number);

#endif
