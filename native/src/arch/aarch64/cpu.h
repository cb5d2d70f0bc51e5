/* aarch64: registers of a caught call, raw system calls, the layout of signal frames. */
#ifndef AARCH64_CPU_H
#define AARCH64_CPU_H
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <linux/audit.h>
#include <linux/signal.h>

#include "../../sys/types.h"
#include "offsets.h"

#define ARCH_AUDIT AUDIT_ARCH_AARCH64
#define ARCH_ELF_MACHINE 183 /* EM_AARCH64 */
#define ARCH_NAME "aarch64"
#define ARCH_NOBITS ",\"aw\",@nobits//" /* behind a section's name: a comment hides what gcc adds */
#define ARCH_CALL_SIZE 4 /* bytes of the instruction that calls the system */
#define ARCH_AREAS_CALL 1 /* trampolines run system calls, and one that traps is taken for one of the site */
#define ARCH_PROBE_AT 4 /* offset in probe_site of what is changed when that is rewritten */
#define ARCH_PIE_BASE 0x5500000000UL /* below 2^39, and the heap behind it has room */

/* The kernel's pages: of 4, 16 or 64 KiB. */
extern u64 page_bytes;
static inline u64 arch_page(void) { return page_bytes; }

/* The guest's registers at a system call: svc keeps all but x0. */
struct regs {
    u64 x[31], sp, pc, pstate;
    u64 hooked; /* of a call that came by the hook: its struct hooked_call; else 0 */
    u64 frame;  /* of a call that trapped: the kernel's frame, as long as it can be returned through; else 0 */
};

/* A word that differs from thread to thread: the thread pointer. */
static inline u64 arch_thread_pointer(void) {
    u64 pointer;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(pointer));
    return pointer;
}

static inline long arch_syscall(long nr, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

static inline long regs_number(const struct regs *r) { return (long)(int)r->x[8]; }
/* The address of the instruction that called. */
static inline u64 regs_site(const struct regs *r) { return r->pc - ARCH_CALL_SIZE; }
static inline u64 regs_stack(const struct regs *r) { return r->sp; }
static inline void regs_set_result(struct regs *r, long value) { r->x[0] = (u64)value; }
static inline void regs_arguments(const struct regs *r, u64 a[6]) {
    for (int i = 0; i < 6; i++) a[i] = r->x[i];
}
/* Of a child's call of clone. It did not come by the hook: the way back is by CALL_FINISH. */
static inline void regs_begin_child(struct regs *r, u64 stack) {
    r->x[0] = 0, r->sp = stack, r->hooked = r->frame = 0;
}
/* Other frames may have come over that of the call. */
static inline void regs_forget_frame(struct regs *r) { r->frame = 0; }
/* Make the guest run its call again: `number` is what it had asked for. */
static inline void regs_restart(struct regs *r, long number) {
    r->x[8] = (u64)number;
    r->pc -= ARCH_CALL_SIZE;
}

/* The machine part of a signal frame. */
static inline u64 frame_pc(const struct ucontext *uc) { return uc->uc_mcontext.pc; }
static inline u64 frame_sp(const struct ucontext *uc) { return uc->uc_mcontext.sp; }
static inline u64 frame_result(const struct ucontext *uc) { return uc->uc_mcontext.regs[0]; }
static inline u64 frame_argument0(const struct ucontext *uc) { return uc->uc_mcontext.regs[0]; }
/* The frame that rt_sigreturn, called where this one stands, goes back to. */
static inline struct ucontext *frame_returned_to(const struct ucontext *uc) { return (struct ucontext *)(uc->uc_mcontext.sp + sizeof(siginfo_t)); }
static inline void frame_set_pc(struct ucontext *uc, u64 pc) { uc->uc_mcontext.pc = pc; }
static inline u64 *frame_mask(struct ucontext *uc) { return (u64 *)&uc->uc_sigmask; }

/* What PTRACE_GETREGSET gives of a tracee: the kernel's struct user_pt_regs. */
struct traced_regs {
    u64 regs[31], sp, pc, pstate;
};
static inline u64 traced_regs_pc(const struct traced_regs *r) { return r->pc; }

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
/* The slot that a trampoline takes for this thread, whose stack pointer is `sp`. */
void *hook_slot(u64 sp);

/* The frame of the signal whose stub another signal met, before all others were blocked; NULL: it met none. */
struct ucontext *frame_behind_stub(const struct ucontext *uc);

/* A handler of the guest runs on the alternate stack that this frame tells of: calls made there must trap. */
void arch_mark_stack(const struct ucontext *uc);

/* Where this thread's slot is to be looked for first. */
static inline unsigned arch_slot_hint(void) {
    u64 pointer = arch_thread_pointer();
    return (unsigned)(pointer >> 12 ^ pointer >> 21) % (1 << SLOT_HASH_BITS);
}
/* Ask what the CPU can do and how large the kernel's pages are, at the first start: the answer is handed on. */
void arch_ask(const u64 *auxv);
u64 arch_known(void);
void arch_begin(u64 known);
/* The hook for trampolines to jump to. */
u64 arch_hook(void);

/* Assembly. */
void engine_start(void);
void enter(void);                /* x0: slot. Calls dispatch(slot), then resumes the guest */
void exit_begin(void), exit_switched(void), exit_slow(void);
void hook_begin(void), hook_running(void);
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
 * slot `child` tells. */
long arch_spawn(const u64 arguments[6], void *slot, void *child);
/* Copies that survive a bad guest address: 0, or -EFAULT. */
long arch_copy(void *to, const void *from, size_t n);
/* Copy text up to `size` bytes, the NUL included: its length, -ENAMETOOLONG or -EFAULT. */
long arch_copy_text(char *to, const char *from, size_t size);
__attribute__((noreturn)) void arch_jump(u64 entry, u64 stack);

#endif
