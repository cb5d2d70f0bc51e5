/* x86-64: registers of a caught call, raw system calls, the layout of signal frames. */
#ifndef X86_64_CPU_H
#define X86_64_CPU_H
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <linux/audit.h>
#include <linux/signal.h>

#include "../../sys/types.h"
#include "offsets.h"

#define ARCH_AUDIT AUDIT_ARCH_X86_64
#define ARCH_ELF_MACHINE 62 /* EM_X86_64 */
#define ARCH_NAME "x86_64"
#define ARCH_NOBITS ",\"aw\",@nobits#" /* behind a section's name: a comment hides what gcc adds */
#define ARCH_CALL_SIZE 2 /* bytes of the instruction that calls the system */
#define ARCH_AREAS_CALL 0 /* where trampolines run a system call that traps, the guest goes on in the trampoline */
#define ARCH_PROBE_AT 0 /* offset in probe_site of what is changed when that is rewritten */
#define ARCH_PIE_BASE 0x555555554000UL /* the kernel's ELF_ET_DYN_BASE, two thirds of the address space */

#define PAGE_SIZE 4096UL
static inline u64 arch_page(void) { return PAGE_SIZE; }

/* The guest's registers at a system call. rcx and r11 are not kept: the instruction itself destroys them. */
struct regs {
    u64 r15, r14, r13, r12, rbp, rbx, r10, r9, r8, rax, rdx, rsi, rdi, rip, rsp, flags;
};

static inline long arch_syscall(long nr, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* What tells threads apart: the base of fs. */
static inline u64 arch_thread_pointer(void) {
    u64 pointer = 0;
    arch_syscall(158 /* arch_prctl */, 0x1003 /* ARCH_GET_FS */, (long)&pointer, 0, 0, 0, 0);
    return pointer;
}

static inline long regs_number(const struct regs *r) { return (long)r->rax; }
/* The address of the instruction that called. */
static inline u64 regs_site(const struct regs *r) { return r->rip - 2; }
static inline u64 regs_stack(const struct regs *r) { return r->rsp; }
static inline void regs_set_result(struct regs *r, long value) { r->rax = (u64)value; }
static inline void regs_arguments(const struct regs *r, u64 a[6]) {
    a[0] = r->rdi, a[1] = r->rsi, a[2] = r->rdx, a[3] = r->r10, a[4] = r->r8, a[5] = r->r9;
}
/* Of a child's call of clone. */
static inline void regs_begin_child(struct regs *r, u64 stack) { r->rax = 0, r->rsp = stack; }
/* The frame of a trapped call is not used again. */
static inline void regs_forget_frame(struct regs *r) { (void)r; }
/* Make the guest run its call again: `number` is what it had asked for. */
static inline void regs_restart(struct regs *r, long number) {
    r->rax = (u64)number;
    r->rip -= 2; /* the length of the syscall instruction */
}

/* The machine part of a signal frame. */
static inline u64 frame_pc(const struct ucontext *uc) { return uc->uc_mcontext.rip; }
static inline u64 frame_sp(const struct ucontext *uc) { return uc->uc_mcontext.rsp; }
static inline u64 frame_result(const struct ucontext *uc) { return uc->uc_mcontext.rax; }
static inline u64 frame_argument0(const struct ucontext *uc) { return uc->uc_mcontext.rdi; }
static inline u64 *frame_mask(struct ucontext *uc) { return (u64 *)&uc->uc_sigmask; }
/* The frame that rt_sigreturn, called where this one stands, goes back to. */
static inline struct ucontext *frame_returned_to(const struct ucontext *uc) { return (struct ucontext *)uc->uc_mcontext.rsp; }
static inline void frame_set_pc(struct ucontext *uc, u64 pc) { uc->uc_mcontext.rip = pc; }

/* What PTRACE_GETREGSET gives of a tracee: the kernel's struct user_regs_struct. */
struct traced_regs {
    u64 before[16], rip, behind[10];
};
static inline u64 traced_regs_pc(const struct traced_regs *r) { return r->rip; }

void frame_to_regs(const struct ucontext *uc, struct regs *r);
void regs_to_frame(const struct regs *r, struct ucontext *uc);
/* Make the frame continue at enter(slot) on the slot's own stack. */
void frame_enter(struct ucontext *uc, void *slot);
/* A signal hit the last instructions before the guest goes on, where the stack is the guest's again.
 * Complete them in the frame. Returns false where the frame is not in that stretch. */
bool frame_complete_exit(struct ucontext *uc);

/* A signal hit the guest on its way into the hook: make the frame stand at the guest's own code instead, as if the call
 * were still to come. False where it did not. */
bool hook_rewind(struct ucontext *uc);

/* The frame of the signal whose stub another signal met, before all others were blocked; NULL: it met none. */
struct ucontext *frame_behind_stub(const struct ucontext *uc);

/* A handler of the guest runs on the alternate stack that this frame tells of: calls made there must trap. */
void arch_mark_stack(const struct ucontext *uc);

/* Where this thread's slot is to be looked for first. */
unsigned arch_slot_hint(void);
/* Ask what CPU and kernel can do, at the first start: the answer is handed on, because asking is slow in a guest of a
 * hypervisor. */
void arch_ask(const u64 *auxv);
u64 arch_known(void);
void arch_begin(u64 known);
/* The hook for trampolines to jump to. */
u64 arch_hook(void);

/* Assembly. */
void hook_begin(void), hook_plain(void), hook_plain_end(void), hook_entered(void), hook_tried(void);
void hook_hashed(void), hook_taken(void), hook_running(void);
void hook_probes(void), hook_probe_tried(void), hook_probe_taken(void);
void engine_start(void);
void enter(void);                /* rdi: slot. Calls dispatch(slot), then resumes the guest */
void exit_begin(void);           /* from here on dispatch is over, and a signal must take exit_slow */
void exit_release(void), exit_released(void);
void exit_slow(void);
void signal_restorer(void);
void trap_entry(void);           /* the SIGSYS handler */
void fault_entry(void);
void signal_return(void), signal_returned(void); /* where a handler goes whose return is looked at */
void signal_stubs(void), signal_kept(void), signal_blocked(void);
void blocking_begin(void), blocking_call(void), blocking_end(void), blocking_abort(void);
void fault_begin(void), fault_end(void), fault_fixup(void);

/* A call that may wait: given up with -512 where a signal came in before the kernel took it. */
long arch_blocking(long nr, const u64 arguments[6], void *slot);
/* The guest's clone, which shares memory and gives a stack; may be given up like arch_blocking(). The child goes on as
 * slot `child` tells: it returns from arch_blocking(), which has pushed a word, to exit_slow. */
static inline long arch_spawn(const u64 arguments[6], void *slot, void *child) {
    u64 *stack = (u64 *)((u64)child - 128) - 2;
    stack[0] = 0, stack[1] = (u64)exit_slow;
    const u64 a[6] = {arguments[0], (u64)stack, arguments[2], arguments[3], arguments[4], arguments[5]};
    return arch_blocking(56 /* clone */, a, slot);
}
/* Copies that survive a bad guest address: 0, or -EFAULT. */
long arch_copy(void *to, const void *from, size_t n);
/* Copy text up to `size` bytes, the NUL included: its length, -ENAMETOOLONG or -EFAULT. */
long arch_copy_text(char *to, const char *from, size_t size);
__attribute__((noreturn)) void arch_jump(u64 entry, u64 stack);

#endif
