/* x86-64: what is known of a rewritten call site, and where its trampoline may lie. */
#ifndef X86_64_PATCH_H
#define X86_64_PATCH_H
#include "cpu.h"

#define AREA_SIZE PAGE_SIZE
#define AREA_HEAD 16 /* the pointer to the hook */
#define AREA_REACH (1L << 30)
#define AREA_ABOVE (1UL << 27)

struct site {
    u64 address;    /* of the system call instruction */
    u64 trampoline;
    u32 number;     /* of SHAPE_NUMBER */
    u8 state, traps;
    u8 copied;      /* bytes from the jump to the system call instruction */
    u8 length;      /* of the trampoline */
};

/* Not close behind the site: the last byte of the jump must not be 0, see patch.c. */
static inline bool area_in_reach(u64 area, u64 site) {
    i64 distance = (i64)(area - site);
    return distance > -AREA_REACH && distance < AREA_REACH && (distance < -(i64)PAGE_SIZE || distance > 1L << 25);
}

#endif
