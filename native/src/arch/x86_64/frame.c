/* x86-64: between the kernel's signal frames and the registers of a caught call. */
#include "../../trap/slots.h"
#include "cpu.h"

#define FLAG_TRAP 0x100
#define FLAG_DIRECTION 0x400

void frame_to_regs(const struct ucontext *uc, struct regs *r) {
    const struct sigcontext *m = &uc->uc_mcontext;
    r->r15 = m->r15, r->r14 = m->r14, r->r13 = m->r13, r->r12 = m->r12;
    r->rbp = m->rbp, r->rbx = m->rbx, r->r10 = m->r10, r->r9 = m->r9, r->r8 = m->r8;
    r->rax = m->rax, r->rdx = m->rdx, r->rsi = m->rsi, r->rdi = m->rdi;
    r->rip = m->rip, r->rsp = m->rsp, r->flags = m->eflags;
}

void regs_to_frame(const struct regs *r, struct ucontext *uc) {
    struct sigcontext *m = &uc->uc_mcontext;
    m->r15 = r->r15, m->r14 = r->r14, m->r13 = r->r13, m->r12 = r->r12;
    m->rbp = r->rbp, m->rbx = r->rbx, m->r10 = r->r10, m->r9 = r->r9, m->r8 = r->r8;
    m->rax = r->rax, m->rdx = r->rdx, m->rsi = r->rsi, m->rdi = r->rdi;
    m->rip = r->rip, m->rsp = r->rsp, m->eflags = r->flags;
    m->rcx = r->rip, m->r11 = r->flags; /* what the syscall instruction leaves there */
}

void frame_enter(struct ucontext *uc, void *slot) {
    struct sigcontext *m = &uc->uc_mcontext;
    m->rip = (u64)enter;
    m->rdi = (u64)slot;
    m->rsp = (u64)slot - 128;
    m->eflags &= ~(u64)(FLAG_TRAP | FLAG_DIRECTION);
}

bool frame_complete_exit(struct ucontext *uc) {
    struct sigcontext *m = &uc->uc_mcontext;
    u64 pc = m->rip;
    if (pc == (u64)exit_release)
        slot_release((struct slot *)m->r11);
    else if (pc != (u64)exit_released)
        return false;
    m->rip = m->rcx;
    return true;
}

struct ucontext *frame_behind_stub(const struct ucontext *uc) {
    const struct sigcontext *m = &uc->uc_mcontext;
    u64 pc = m->rip;
    if (pc < (u64)signal_stubs || pc >= (u64)signal_blocked) return NULL;
    return (struct ucontext *)(pc < (u64)signal_kept ? m->rdx : m->r9);
}
