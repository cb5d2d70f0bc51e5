/* aarch64: which slot a trampoline takes, taking back what hook and trampoline have begun, and which stacks they must not
 * leave. */
#include "../../trap/slots.h"
#include "../marks.h"
#include "patch.h"

#define AT_PAGESZ 6
#define AT_HWCAP 16
#define HWCAP_ATOMICS (1 << 8) /* swp, with which one register is enough to take a slot */

bool can_swap HOT;
u64 page_bytes HOT;

/* At a multiple of 64 KiB, so that two instructions set what they do not take from the stack pointer. */
u8 stack_marks[STACK_MARKS] __attribute__((aligned(65536), section(".bss_marks" ARCH_NOBITS)));

_Static_assert(offsetof(struct hooked_call, hook) == CALL_HOOK && offsetof(struct hooked_call, resume) == CALL_RESUME, "entry.S");
_Static_assert(offsetof(struct hooked_call, number) == CALL_NUMBER && offsetof(struct hooked_call, exit) == CALL_EXIT, "entry.S");
_Static_assert(STACK_MARKS == 1 << STACK_MARKS_BITS, "entry.S");

void arch_mark_stack(const struct ucontext *uc) {
    mark_stack(stack_marks, &uc->uc_stack);
}

void arch_ask(const u64 *auxv) {
    for (; auxv[0]; auxv += 2) {
        if (auxv[0] == AT_PAGESZ) page_bytes = auxv[1];
        if (auxv[0] == AT_HWCAP) can_swap = (auxv[1] & HWCAP_ATOMICS) != 0;
    }
}

u64 arch_known(void) {
    return page_bytes | can_swap;
}

void arch_begin(u64 known) {
    can_swap = known & 1;
    page_bytes = known & ~1UL;
}

u64 arch_hook(void) {
    return (u64)hook_begin;
}

/* Thread pointer and stack pointer together: Go's threads have no thread pointer, and a stack pointer alone would use many
 * slots of which each takes memory. */
void *hook_slot(u64 sp) {
    u64 sum = sp + arch_thread_pointer();
    return (void *)(SLOTS_BASE + ((sum ^ sum >> SLOT_HASH_SHIFT) & SLOT_HASH_MASK) + SLOT_OFFSET);
}

bool hook_rewind(struct ucontext *uc) {
    struct sigcontext *m = &uc->uc_mcontext;
    if (m->pc < (u64)hook_begin || m->pc >= (u64)hook_running) return false;
    struct slot *slot = (struct slot *)(m->regs[8] - SLOT_BUSY);
    const struct hooked_call *call = (const struct hooked_call *)m->regs[0];
    m->pc = call->resume - ARCH_CALL_SIZE;
    m->regs[8] = call->number;
    m->regs[0] = slot->regs.x[0], m->regs[1] = slot->regs.x[1];
    slot_release(slot);
    return true;
}

bool frame_complete_exit(struct ucontext *uc) {
    struct sigcontext *m = &uc->uc_mcontext;
    if (m->pc < (u64)exit_switched || m->pc >= (u64)exit_slow) return false;
    struct slot *slot = hook_slot(m->sp);
    m->regs[8] = slot->regs.x[8], m->regs[9] = slot->regs.x[9];
    m->pc = slot->regs.pc;
    slot_release(slot);
    return true;
}
