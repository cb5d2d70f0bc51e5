/* The ids of this process, and where they lie in its memory: other processes of the container read them there. */
#ifndef CALLS_OWN_IDS_H
#define CALLS_OWN_IDS_H
#include "../ids/ids.h"

/* What is known of them. Small: every program writes to it. */
extern struct own_ids {
    u8 ready;         /* process_ids are filled in */
    u8 hidden;        /* it changed its ids since its program began, and so the kernel would call it not dumpable */
    u8 apart;         /* a thread or a vfork child may have other ids than process_ids */
    u8 lent;          /* copies for vfork children were made */
    u16 used;         /* sets of threads that changed theirs alone */
    u16 common;       /* the number that all threads carry: its set is process_ids; 0: there is none */
} own_ids;
extern struct ids process_ids;

/* The ids of the calling thread, where `apart`. */
const struct ids *ids_of_thread(void);
/* The ids of the calling thread, to read. Valid until it changes them. */
static inline const struct ids *ids_now(void) {
    return own_ids.apart ? ids_of_thread() : &process_ids;
}
/* Give the calling thread other ids; a vfork child too changes its own alone. 0 or -EAGAIN. */
long ids_become(const struct ids *next);
/* A program begins: it has one set of ids, and its only thread no number of its own. */
void ids_carry_none(void);

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
