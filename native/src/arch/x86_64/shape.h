/* What the code around a system call looks like, and so how it could be rewritten. Pure: works on a copy of the
 * bytes. */
#ifndef X86_64_SHAPE_H
#define X86_64_SHAPE_H
#include "../../sys/types.h"

#define SHAPE_BEFORE 32 /* bytes before the syscall instruction that are looked at */
#define SHAPE_AFTER 8   /* bytes from it on */
#define JUMP_SIZE 5     /* e9 rel32 */

enum shape_kind {
    SHAPE_NONE,
    SHAPE_NUMBER,  /* `mov $number,%eax` gives way to a jump; the syscall instruction stays */
    SHAPE_GENERIC, /* a 5-byte move of an argument gives way to it; any number may come */
    SHAPE_MOVE,    /* the first byte of a 3-byte move of an argument becomes a jump's opcode, and what follows, the
                    * system call instruction included, its displacement: the trampoline must lie just there */
    SHAPE_TAIL,    /* the first byte of the system call instruction itself becomes it; any number may come */
};

struct shape {
    enum shape_kind kind;
    u8 start;   /* offset in the bytes looked at of the instruction that gives way */
    u8 length;  /* its length */
    u8 copied;  /* bytes from `start` to the syscall instruction: they run in the trampoline */
    u8 fix_count;
    u8 fixes[4]; /* offsets from `start` of 32-bit displacements relative to rip, ... */
    u8 fix_ends[4]; /* ... and of the end of their instructions */
};

/* Length of the instruction at `code`, of which `room` bytes may be read, if it does the same anywhere but for a
 * displacement relative to rip (its offset in *relative, else 0). 0: unknown, or bound to its place. */
unsigned shape_instruction(const u8 *code, unsigned room, unsigned *relative);
/* `bytes`: SHAPE_BEFORE bytes, the syscall instruction, more up to SHAPE_BEFORE + SHAPE_AFTER. `number`: what is in rax there. */
void shape_find(const u8 *bytes, u64 number, struct shape *shape);
/* Copy shape->copied bytes from `bytes` (as above, at address `from` in the guest) to `to`, to run at address `at`.
 * False where a displacement does not reach. */
bool shape_copy(const struct shape *shape, const u8 *bytes, u64 from, u8 *to, u64 at);

#endif
