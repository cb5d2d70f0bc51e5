/* aarch64: what is known of a rewritten call site, and where its trampoline may lie. */
#ifndef AARCH64_PATCH_H
#define AARCH64_PATCH_H
#include "cpu.h"

#define AREA_SIZE 0x10000UL /* written, and so there, is only what is used of it */
#define AREA_HEAD 0
#define AREA_REACH (127L << 20) /* of a branch, which reaches 128 MB, with room for a block */
#define AREA_ABOVE (1UL << 23)
#define SITE_NUMBERS 16 /* different calls that are taken to the hook from one site */

struct site {
    u64 address;                /* of the system call instruction */
    u64 chain;                  /* where the branch in its place leads, 0: it was not rewritten */
    int32_t blocks[SITE_NUMBERS]; /* the calls' blocks, from the site */
    u16 numbers[SITE_NUMBERS];  /* and their numbers */
    u8 count, state, traps;
};

/* Behind the code of a block. */
struct hooked_call {
    u64 hook, resume, number, exit; /* exit: where the block gives back the slot and goes on to `resume` */
};

extern bool can_swap; /* has the CPU what blocks need? */

static inline bool area_in_reach(u64 area, u64 site) {
    i64 distance = (i64)(area - site);
    return distance > -AREA_REACH && distance < AREA_REACH - (i64)AREA_SIZE;
}

/* Assembly: the block of a call, to be copied. */
extern const u32 block_begin[], block_tried[], block_taken[], block_saved[], block_refuse[], block_exit[];
extern const u32 block_released[], block_data[], block_end[];

#endif
