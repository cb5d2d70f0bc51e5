/* The code that a rewritten site jumps to. */
#ifndef X86_64_TRAMPOLINE_H
#define X86_64_TRAMPOLINE_H
#include "shape.h"

#define TRAMPOLINE_MOST 96

/* Make the trampoline that is to run at `at` for the system call instruction at `site`, whose surroundings are
 * `bytes`. `hook`: address of the pointer to the hook. `numbers`: a table of 65536 bytes, not 0 for calls that go to the
 * hook. Its length, or 0 where something does not reach. */
unsigned trampoline_make(u8 *to, u64 at, const struct shape *shape, const u8 *bytes, u64 site, u64 hook, u64 numbers);
/* The same for SHAPE_TAIL, whose trampoline runs untrapped calls itself. */
unsigned trampoline_make_tail(u8 *to, u64 at, u64 site, u64 hook, u64 numbers);
/* Where SHAPE_MOVE and SHAPE_TAIL want their trampoline. */
u64 trampoline_place(const struct shape *shape, const u8 *bytes, u64 site);
#define TAIL_END 5 /* the last bytes of its trampoline: a jump back, run after the call */

/* The jump that leads from `from` to `to`; false where it does not reach. */
bool trampoline_jump(u8 *code, u64 from, u64 to);

#endif
