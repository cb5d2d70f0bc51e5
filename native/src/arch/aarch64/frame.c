/* aarch64: between the kernel's signal frames and the registers of a caught call. */
#include "../../sys/raw.h"
#include "../../sys/text.h"
#include "../../trap/signal.h"
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

#ifndef GCS_MAGIC
#define GCS_MAGIC 0x47435300
#endif

/* Can it be returned through once more? Not where a guarded control stack has a token for one return. */
static bool frame_lasts(const struct ucontext *uc) {
    const u8 *records = uc->uc_mcontext.__reserved;
    for (u64 at = 0; at + sizeof(struct _aarch64_ctx) <= sizeof(uc->uc_mcontext.__reserved);) {
        const struct _aarch64_ctx *head = (const struct _aarch64_ctx *)(records + at);
        if (!head->magic || !head->size) return true;
        if (head->magic == GCS_MAGIC) return false;
        at += head->size;
    }
    return true;
}

void frame_to_regs(const struct ucontext *uc, struct regs *r) {
    const struct sigcontext *m = &uc->uc_mcontext;
    memcpy(r->x, m->regs, sizeof(r->x));
    r->sp = m->sp, r->pc = m->pc, r->pstate = m->pstate;
    r->hooked = 0;
    r->frame = frame_lasts(uc) ? (u64)uc : 0;
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

/* The way out of a call that does not end in its block. rt_sigreturn alone can set all registers: it goes back through the
 * frame that the kernel made when the call trapped, which is still there below the guest's stack pointer, or on its
 * alternate stack, with the vector state in it. Where that is not so, or a signal has come in, by CALL_FINISH (0). */
u64 finish_trapped(struct slot *slot) __attribute__((used));
u64 finish_trapped(struct slot *slot) {
    u64 all = ~0UL, before;
    if (!slot->pending && !slot->slow && !slot->regs.hooked && slot->regs.frame) {
        struct ucontext *uc = (struct ucontext *)slot->regs.frame;
        sys(__NR_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
        if (!slot->pending && slot->regs.frame) {
            regs_to_frame(&slot->regs, uc);
            *frame_mask(uc) = before;
            return (u64)uc - sizeof(siginfo_t);
        }
        sys(__NR_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
    }
    finish_always(slot);
    return 0;
}

struct ucontext *frame_behind_stub(const struct ucontext *uc) {
    const struct sigcontext *m = &uc->uc_mcontext;
    u64 pc = m->pc;
    if (pc < (u64)signal_stubs || pc >= (u64)signal_blocked) return NULL;
    return (struct ucontext *)(pc < (u64)signal_kept ? m->regs[2] : m->regs[15]);
}
