/* x86-64: taking back what the hook has begun, which of its two entrances this machine can use, and which stacks it must
 * not leave. */
#include "../../trap/slots.h"
#include "../marks.h"
#include "cpu.h"

#define AT_HWCAP2 26
#define HWCAP2_FSGSBASE 2

static bool can_hash HOT;

u8 stack_marks[STACK_MARKS] __attribute__((aligned(STACK_MARKS), section(".bss.marks")));
volatile u32 stack_marked HOT; /* any of them */

_Static_assert(offsetof(struct ucontext, uc_stack.ss_sp) == UC_STACK, "entry.S");
_Static_assert(offsetof(struct ucontext, uc_stack.ss_size) == UC_STACK_SIZE, "entry.S");

void arch_mark_stack(const struct ucontext *uc) {
    if (mark_stack(stack_marks, &uc->uc_stack)) stack_marked = 1;
}

void arch_ask(const u64 *auxv) {
    u32 a = 7, b, c = 0, d;
    while (auxv[0] && auxv[0] != AT_HWCAP2) auxv += 2;
    if (!auxv[0] || !(auxv[1] & HWCAP2_FSGSBASE)) return;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    can_hash = (b & 1 << 8) != 0; /* BMI2: pext, pdep */
}

u64 arch_known(void) {
    return can_hash;
}

void arch_begin(u64 known) {
    can_hash = known != 0;
}

u64 arch_hook(void) {
    return can_hash ? (u64)hook_begin : (u64)hook_plain;
}

unsigned arch_slot_hint(void) {
    u64 pointer, hash;
    if (!can_hash) return 0;
    __asm__("rdfsbase %0\n\tpext %2, %0, %1" : "=&r"(pointer), "=r"(hash) : "r"((u64)SLOT_HASH_FROM));
    return (unsigned)hash;
}

/* The slot that the interrupted hook holds already, or NULL. */
static struct slot *held(u64 pc, u64 rcx) {
    if (pc >= (u64)hook_taken && pc < (u64)hook_running) return (struct slot *)rcx;
    if (pc >= (u64)hook_hashed && pc < (u64)hook_taken) return slot_at(arch_slot_hint());
    if (pc == (u64)hook_tried && rcx == 0) return slot_at(arch_slot_hint());
    if (pc < (u64)hook_probes || pc >= (u64)hook_probes + HOOK_PROBES * HOOK_PROBE_SIZE) return NULL;
    u64 offset = pc - (u64)hook_probes, in_probe = offset % HOOK_PROBE_SIZE;
    u64 tried = (u64)hook_probe_tried - (u64)hook_probes, taken = (u64)hook_probe_taken - (u64)hook_probes;
    if (in_probe >= taken || (in_probe == tried && rcx == 0)) return slot_at((unsigned)(offset / HOOK_PROBE_SIZE));
    return NULL;
}

bool hook_rewind(struct ucontext *uc) {
    struct sigcontext *m = &uc->uc_mcontext;
    u64 pc = m->rip;
    if (pc == (u64)hook_begin || pc == (u64)hook_plain) {
        m->rip = m->rcx - ARCH_CALL_SIZE;
        return true;
    }
    bool in_hook = pc >= (u64)hook_entered && pc < (u64)hook_running;
    bool in_probes = pc >= (u64)hook_probes && pc < (u64)hook_plain_end;
    if (!in_hook && !in_probes) return false;
    struct slot *slot = held(pc, m->rcx);
    if (slot) slot_release(slot);
    m->rip = m->r11 - ARCH_CALL_SIZE;
    return true;
}
