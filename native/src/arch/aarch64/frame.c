/* aarch64: between the kernel's signal frames and the registers of a caught call. */
#include "../../sys/text.h"
#include "../../trap/slots.h"
#include "cpu.h"

#define PSTATE_STEP (1UL << 21)
#define PSTATE_BRANCH_TYPE (3UL << 10)
#define PSTATE_FLAGS (15UL << 28)

_Static_assert(offsetof(struct ucontext, uc_mcontext) + offsetof(struct sigcontext, pc) == UC_PC, "entry.S");
_Static_assert(offsetof(struct ucontext, uc_stack.ss_sp) == UC_STACK, "entry.S");
_Static_assert(offsetof(struct ucontext, uc_stack.ss_size) == UC_STACK_SIZE, "entry.S");
_Static_assert(offsetof(struct regs, x[8]) == REGS_X8 && offsetof(struct regs, sp) == REGS_SP, "entry.S");
_Static_assert(offsetof(struct regs, pc) == REGS_PC && offsetof(struct regs, pstate) == REGS_PC + 8, "entry.S");
_Static_assert(offsetof(struct regs, hooked) == REGS_HOOKED, "entry.S");

void frame_to_regs(const struct ucontext *uc, struct regs *r) {
    const struct sigcontext *m = &uc->uc_mcontext;
    memcpy(r->x, m->regs, sizeof(r->x));
    r->sp = m->sp, r->pc = m->pc, r->pstate = m->pstate;
    r->hooked = 0;
}

void regs_to_frame(const struct regs *r, struct ucontext *uc) {
    struct sigcontext *m = &uc->uc_mcontext;
    memcpy(m->regs, r->x, sizeof(r->x));
    m->sp = r->sp, m->pc = r->pc;
    m->pstate = r->hooked ? (m->pstate & ~PSTATE_FLAGS) | r->pstate : r->pstate; /* the hook keeps the flags alone */
}

void frame_enter(struct ucontext *uc, void *slot) {
    struct sigcontext *m = &uc->uc_mcontext;
    m->pc = (u64)enter;
    m->regs[0] = (u64)slot;
    m->sp = (u64)slot - 128;
    m->pstate &= ~(PSTATE_STEP | PSTATE_BRANCH_TYPE);
}

struct ucontext *frame_behind_stub(const struct ucontext *uc) {
    const struct sigcontext *m = &uc->uc_mcontext;
    u64 pc = m->pc;
    if (pc < (u64)signal_stubs || pc >= (u64)signal_blocked) return NULL;
    return (struct ucontext *)(pc < (u64)signal_kept ? m->regs[2] : m->regs[15]);
}
