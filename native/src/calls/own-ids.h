/* Where the ids of a process lie in its memory: other processes of the container read them there. */
#ifndef CALLS_OWN_IDS_H
#define CALLS_OWN_IDS_H
#include "ids.h"

/* Bits of personality(2) that mean nothing to the kernel. */
#define IDS_NUMBER_SHIFT 8
#define IDS_NUMBER_BITS 0x1ff00UL
#define IDS_NUMBER(personality) ((u32)(((personality) & IDS_NUMBER_BITS) >> IDS_NUMBER_SHIFT))
#define MOST_SETS 511u
#define SETS_BASE (ENGINE_BASE + (1UL << 27)) /* a hint */
#define LENT_IDS 4

struct lent_ids { /* of a vfork child */
    u32 pid;
    struct ids ids;
};

extern struct lent_ids lent_ids[LENT_IDS];
extern struct ids *ids_sets; /* by number, from 1 */

/* The number in the personality of a thread (0: the first) of any process. */
u32 ids_number_carried(u32 pid, u32 thread);

#endif
