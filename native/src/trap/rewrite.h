/* Rewriting of call sites: after a few traps at a place, a jump to a trampoline takes the place of the system call or of
 * an instruction in front of it, and its calls come to the engine without a signal. What cannot be done safely is left to
 * trap. See rewrite.c. */
#ifndef TRAP_REWRITE_H
#define TRAP_REWRITE_H
#include <linux/membarrier.h>

#include "../engine.h"
#include "../state/directories.h"
#include "../sys/raw.h"
#include "calls.h"

#define TRAPS_UNCOUNTED 8 /* of a program; short ones need not touch the table of sites */
/* A fork copies the whole table of pages of a mapping in which code was changed, and nothing of one in which none was. That
 * costs as much as so many traps: a program that makes fewer of them for each child is left as it is. */
#define TRAPS_OF_A_FORK 32
extern u32 traps_uncounted; /* so many have come */

void rewrite_count_site(const struct call_row *row, u64 site, struct slot *slot);
void rewrite_count_trapped(void);
long rewrite_number_of(u64 site, long number);

/* A program is about to run: register for membarrier. With one thread this costs next to nothing; once there are several
 * the kernel would wait for all CPUs, and the program trap meanwhile. */
static inline void rewrite_begin(void) {
    if (engine.plan.rewrite) sys(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0);
}

/* A trapped call at `site` is over. */
static inline void rewrite_seen(const struct call_row *row, u64 site, struct slot *slot) {
    if (engine.plan.debug) rewrite_count_trapped();
    if (slot->left_alone)
        slot->left_alone--;
    else if (traps_uncounted < TRAPS_UNCOUNTED)
        traps_uncounted++;
    else
        rewrite_count_site(row, site, slot);
}

/* A child has ended; was its memory a copy? Then a program that does little else is better not rewritten. */
static inline void rewrite_child_ended(struct slot *slot) {
    directories_open(); /* so that further children need not */
    if (slot->vforked)
        slot->vforked--;
    else
        slot->left_alone = TRAPS_OF_A_FORK;
}

/* The number that the code at `site` means: not what came while a jump took the place of its load. */
static inline long rewrite_number(u64 site, long number) {
    return (u64)number < CALL_UNKNOWN ? number : rewrite_number_of(site, number);
}
/* Where a signal met the guest in a trampoline, make the frame stand at the place in the guest's own code that it stands
 * for. False where it met something else. */
bool rewrite_rewind(struct ucontext *uc);
/* Under `debug`, count for the container how calls came. */
void rewrite_count_hooked(void);

#endif
