/* How signals and caught calls meet.
 *
 * A caught call is redirected, never done, by the SIGSYS handler: the frame it returns through is pointed at enter()
 * on a slot. Handlers of the guest are installed as stubs. A stub that finds the interrupted code to be the guest's
 * jumps straight on to the guest's handler, with the frame the kernel made. A stub that finds the engine running
 * keeps the signal in the slot and blocks all others; the call ends (a waiting one is given up as the kernel would
 * have), the signal goes back into the kernel's queue, and the guest is resumed with its own mask at its own
 * instruction, where the signal meets it as if it had come just before or just after the call. */
#include "signal.h"

#include <linux/time.h>

#include "../engine.h"
#include "../state/directories.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "blocked.h"
#include "calls.h"
#include "own-actions.h"
#include "rewrite.h"

#define SYS_SECCOMP_CODE 1
#define SIGNAL_WATCHED 255

/* Guest handler behind each stub; written once. Even stubs are for handlers installed with SA_SIGINFO, odd ones for
 * those without: the kernel gives siginfo only where asked, and the engine always needs it. */
u64 signal_handlers[SIGNAL_STUBS];
u8 signal_watches[SIGNAL_STUBS]; /* deliveries behind each stub, up to SIGNAL_TRUSTED; SIGNAL_WATCHED: its returns are looked at */
volatile u32 mask_repairs HOT;         /* slots that wait for their thread's next handler */
static u64 repairs[SLOTS / 64];        /* which they are, so that no others have to be looked at */
volatile u32 signals_look HOT;         /* not 0: signals that meet the guest may have met a trampoline */

/* For each of these three, the other signals whose handlers are to run with it blocked; the kernel is not told. */
static u64 blocking_handlers[3] HOT;

static const u8 own_numbers[] = {SIGSYS, SIGSEGV, SIGBUS};

static int own_number(int number) {
    return number == SIGSYS ? 0 : number == SIGSEGV ? 1 : number == SIGBUS ? 2 : -1;
}

/* The last program left the kernel's mask as its guest had set it: what was sent meanwhile is kept from now on. */
static void take_held(void) {
    u64 open = OWN_SIGNALS, held = own_blocked_now();
    struct timespec none = {0, 0};
    siginfo_t info;
    for (long number; (number = sys(__NR_rt_sigtimedwait, &held, &info, &none, 8)) > 0;) own_keep((int)number, &info);
    sys(__NR_rt_sigprocmask, SIG_UNBLOCK, &open, NULL, 8);
}

long signals_begin(u64 inherited) {
    struct kernel_action before;
    for (unsigned i = 0; i < 3; i++) {
        bool ignored = inherited & SIGNAL_BIT(own_numbers[i]);
        long r = own_install(own_numbers[i], ignored ? OWN_IGNORED : OWN_DEFAULT, &before);
        if (r == 0 && !ignored && before.handler == SIG_IGN_VALUE) r = own_install(own_numbers[i], OWN_IGNORED, NULL);
        if (r < 0) return r;
    }
    own_begin(inherited >> 32);
    if (inherited >> 32) take_held();
    return 0;
}

long signals_open(void) {
    u64 open = OWN_SIGNALS, before = 0;
    long r = sys(__NR_rt_sigprocmask, SIG_UNBLOCK, &open, &before, 8);
    own_begin(before & OWN_SIGNALS);
    return r;
}

u64 signals_inherited(void) {
    u64 bits = 0;
    for (unsigned i = 0; i < 3; i++)
        if (own_index(own_numbers[i]) == OWN_IGNORED) bits |= SIGNAL_BIT(own_numbers[i]);
    return bits | own_blocked_now() << 32;
}

/* Put a stub in the place of the handler: an old one, a new one, or, where there are none left, none. */
static void hide_handler(struct kernel_action *action) {
    for (unsigned i = action->flags & SA_SIGINFO ? 0 : 1; i < SIGNAL_STUBS; i += 2) {
        u64 known = 0; /* written at once: a page that is read first costs two faults */
        if (__atomic_compare_exchange_n(&signal_handlers[i], &known, action->handler, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            known = action->handler;
        if (known != action->handler) continue;
        action->handler = (u64)signal_stubs + i * STUB_SIZE;
        action->flags |= SA_SIGINFO;
        return;
    }
}

static void show_handler(struct kernel_action *action) {
    u64 index = (action->handler - (u64)signal_stubs) / STUB_SIZE;
    if (index >= SIGNAL_STUBS) return;
    action->handler = signal_handlers[index];
    if (index & 1) action->flags &= ~(u64)SA_SIGINFO;
}

/* What handler masks ask of the engine's own signals. */
static u64 asked_mask(int number) {
    u64 mask = 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(own_numbers); i++)
        if (blocking_handlers[i] & SIGNAL_BIT(number)) mask |= SIGNAL_BIT(own_numbers[i]);
    return mask;
}

static void note_asked_mask(int number, u64 mask) {
    for (unsigned i = 0; i < ARRAY_LENGTH(own_numbers); i++)
        if (mask & SIGNAL_BIT(own_numbers[i]))
            __atomic_fetch_or(&blocking_handlers[i], SIGNAL_BIT(number), __ATOMIC_RELAXED);
        else
            __atomic_fetch_and(&blocking_handlers[i], ~SIGNAL_BIT(number), __ATOMIC_RELAXED);
}

long signals_action(int number, const struct kernel_action *wanted, struct kernel_action *old) {
    struct kernel_action mine;
    if (own_number(number) >= 0) {
        if (old) *old = own_action(number);
        return wanted ? own_install(number, own_note(wanted), NULL) : 0;
    }
    if (wanted) {
        mine = *wanted;
        mine.mask &= ~OWN_SIGNALS;
        if (mine.handler > SIG_IGN_VALUE) hide_handler(&mine);
    }
    long r = kernel_action(number, wanted ? &mine : NULL, old);
    if (r < 0) return r;
    u64 asked = asked_mask(number);
    if (old) {
        show_handler(old);
        old->mask |= asked;
    }
    if (wanted && asked != (wanted->mask & OWN_SIGNALS)) note_asked_mask(number, wanted->mask);
    return 0;
}

static void keep_for_later(struct slot *slot, int number, const siginfo_t *info, struct ucontext *uc);

static bool in_engine(u64 pc) {
    return pc - ENGINE_BASE < ENGINE_SIZE;
}

/* A signal may have met the guest in a trampoline or on its way into the hook: make the frame stand at the guest's own
 * code, as if the call were still to come. */
static void frame_rewind(struct ucontext *uc) {
    if (in_engine(frame_pc(uc)))
        hook_rewind(uc);
    else
        rewrite_rewind(uc);
}

/* The slot of the call that a signal met. NULL: it met the guest, and the frame stands at the guest's own code now.
 * Of signals that come together the inner one meets the stub of the outer one: both have met the same, and `uc` is
 * moved to the frame that tells. */
static struct slot *slot_met(struct ucontext **uc) {
    struct ucontext *behind;
    while ((behind = frame_behind_stub(*uc))) *uc = behind;
    frame_rewind(*uc);
    if (!in_engine(frame_pc(*uc)) || frame_complete_exit(*uc)) return NULL;
    return slot_of_stack(frame_sp(*uc));
}

/* One of the three was sent by somebody: hand it on, or keep it for the end of the call or of its being blocked. */
static u64 forward_sent(int number, const siginfo_t *info, struct ucontext *uc) {
    struct ucontext *met = uc;
    struct slot *slot = slot_met(&met);
    bool blocked = own_blocked(slot && slot->pending ? slot->mask : *frame_mask(met)) & SIGNAL_BIT(number);
    if (!slot && !blocked) return own_forward(number, uc);
    if (slot) regs_forget_frame(&slot->regs);
    own_keep(number, info);
    if (slot && !blocked) keep_for_later(slot, number, info, uc);
    return 0;
}

/* A filter of the guest's own may answer with SIGSYS too: that is no call of ours, unless ours is caught as well. */
static bool is_ours(const siginfo_t *info, const struct ucontext *uc) {
    if (info->si_code != SYS_SECCOMP_CODE) return false;
    if (info->si_syscall == CALL_FINISH) return in_engine(frame_pc(uc));
    if ((u32)info->si_syscall >= CALL_UNKNOWN) return !in_engine(frame_pc(uc)); /* a site that is being rewritten */
    return call_row_of(info->si_syscall) != NULL;
}

/* A handler may change the mask in its frame, and block what must stay open: QEMU, which emulates programs, does so in
 * each. The first returns from a handler are looked at for that; once one did, those of all. */
static void returns_watched(struct ucontext *uc) {
    struct ucontext *to = frame_returned_to(uc);
    u64 mask;
    if (arch_copy(&mask, frame_mask(to), sizeof(mask)) == 0 && (mask & OWN_SIGNALS)) {
        own_block(mask & OWN_SIGNALS, mask);
        mask &= ~OWN_SIGNALS;
        arch_copy(frame_mask(to), &mask, sizeof(mask));
        memset(signal_watches, SIGNAL_WATCHED, sizeof(signal_watches));
    }
    frame_set_pc(uc, (u64)signal_restorer);
}

u64 trap_signal(int number, siginfo_t *info, struct ucontext *uc) {
    if (ARCH_AREAS_CALL && info->si_code == SYS_SECCOMP_CODE && rewrite_rewind(uc)) info->si_call_addr = (void *)frame_pc(uc);
    if (!is_ours(info, uc)) return forward_sent(number, info, uc);
    if (info->si_syscall == CALL_FINISH) {
        struct slot *slot = (struct slot *)frame_argument0(uc);
        regs_to_frame(&slot->regs, uc);
        *frame_mask(uc) = slot->mask;
        if (slot->slow) uc->uc_stack = slot->alternate;
        slot->slow = 0;
        if (slot->mask_wait != 2) slot_release(slot);
        int kept = own_take(info, ~own_blocked(*frame_mask(uc)));
        return kept ? own_forward(kept, uc) : 0;
    }
    if (info->si_syscall == __NR_rt_sigreturn) {
        returns_watched(uc);
        return 0;
    }
    struct slot *slot = slot_take();
    frame_to_regs(uc, &slot->regs);
    if (stack_is_alternate(uc, frame_sp(uc))) {
        arch_mark_stack(uc);
        slot->alternate = uc->uc_stack;
        slot->mask = *frame_mask(uc);
        slot->slow = 1;
        *frame_mask(uc) = ALL_SIGNALS;
    }
    frame_enter(uc, slot);
    return 0;
}

u64 fault_signal(int number, siginfo_t *info, struct ucontext *uc) {
    struct slot *slot = slot_of_stack(frame_sp(uc));
    if (slot) regs_forget_frame(&slot->regs);
    frame_rewind(uc);
    u64 pc = frame_pc(uc);
    if (info->si_code > 0 && pc >= (u64)fault_begin && pc < (u64)fault_end) {
        frame_set_pc(uc, (u64)fault_fixup);
        return 0;
    }
    if (info->si_code <= 0) return forward_sent(number, info, uc);
    if (number == SIGBUS && in_engine(pc) && directories_lost((u64)info->si_addr)) return 0;
    if (own_index(number) < OWN_FIRST || own_blocked(*frame_mask(uc)) & SIGNAL_BIT(number)) {
        /* The kernel kills for a fault even where the signal is ignored or blocked: fault again without a handler. */
        struct kernel_action nothing = {.handler = SIG_DFL_VALUE};
        kernel_action(number, &nothing, NULL);
        return 0;
    }
    return own_forward(number, uc);
}

static void queue_to_self(u32 number, const siginfo_t *info) {
    sys(__NR_rt_tgsigqueueinfo, sys(__NR_getpid), sys(__NR_gettid), number, info);
}

bool signals_hold(void) {
    u64 held = own_blocked_now();
    siginfo_t info;
    if (!held) return false;
    sys(__NR_rt_sigprocmask, SIG_BLOCK, &held, NULL, 8);
    for (int number; (number = own_take(&info, held));) queue_to_self((u32)number, &info);
    return true;
}

void signals_let_go(void) {
    u64 open = OWN_SIGNALS;
    sys(__NR_rt_sigprocmask, SIG_UNBLOCK, &open, NULL, 8);
}

/* A signal met a running call; all signals are blocked here. Where several nest, the inner ones have been kept by now;
 * the outer one goes to the kernel's queue and, coming last, sets the mask to resume with. */
static void keep_for_later(struct slot *slot, int number, const siginfo_t *info, struct ucontext *uc) {
    u64 pc = frame_pc(uc), blocked = ALL_SIGNALS & ~OWN_SIGNALS;
    if (slot->pending && own_number(number) < 0) {
        queue_to_self((u32)number, info);
    } else if (!slot->pending) {
        slot->info = *info;
        slot->pending = (u32)number;
    }
    if (slot->mask_wait != 3) slot->mask = *frame_mask(uc);
    *frame_mask(uc) = blocked;
    if (pc >= (u64)blocking_begin && pc <= (u64)blocking_call)
        frame_set_pc(uc, (u64)blocking_abort);
    else if (pc == (u64)blocking_end && frame_result(uc) == (u64)-EINTR && slot->mask_wait == 1)
        slot->mask_wait = 2;
    else if (pc >= (u64)exit_begin && pc < (u64)exit_slow)
        frame_set_pc(uc, (u64)exit_slow);
}

/* The first handler behind an ended wait (sigsuspend, ppoll ...) runs with the wait's mask, but must return to the
 * mask from before the wait. */
static void repair_mask(struct ucontext *uc) {
    u32 self = (u32)sys(__NR_gettid);
    for (unsigned i = 0; i < SLOTS; i++) {
        if (!(__atomic_load_n(&repairs[i / 64], __ATOMIC_RELAXED) >> i % 64 & 1)) continue;
        struct slot *slot = slot_at(i);
        if (slot->busy && slot->mask_wait == 2 && slot->repair_tid == self) {
            *frame_mask(uc) = slot->repair_mask;
            __atomic_fetch_and(&repairs[i / 64], ~(1UL << i % 64), __ATOMIC_RELAXED);
            __atomic_sub_fetch(&mask_repairs, 1, __ATOMIC_RELAXED);
            slot_release(slot);
            return;
        }
    }
}

/* A signal met the guest, perhaps in a trampoline; its handler runs next. */
void signal_meets_guest(struct ucontext *uc) {
    frame_rewind(uc);
    if (stack_is_alternate(uc, (u64)&uc)) arch_mark_stack(uc);
}

/* A stub found the engine interrupted, or a repair due. All signals are blocked. Returns 1 to run the guest's handler
 * now, 0 to return. */
int signal_meets_engine(int number, siginfo_t *info, struct ucontext *uc) {
    struct ucontext *met = uc;
    struct slot *running = slot_met(&met);
    if (running) {
        keep_for_later(running, number, info, uc);
        return 0;
    }
    if (mask_repairs) repair_mask(met);
    if (stack_is_alternate(uc, (u64)&met)) arch_mark_stack(uc);
    return 1;
}

/* Hand the pending signal back to the kernel, all being blocked. */
static void finish_prepare(struct slot *slot) {
    int number = (int)slot->pending;
    slot->pending = 0;
    /* One of the three would come at once: trap_signal() hands it on, when the guest's registers are back. */
    if (own_number(number) >= 0) {
        slot->mask_wait = 0;
        return;
    }
    queue_to_self((u32)number, &slot->info);
    if (slot->mask_wait != 2) return;
    slot->repair_tid = (u32)sys(__NR_gettid);
    slot->repair_mask = slot->mask;
    slot->mask = slot->wait_mask;
    unsigned i = (unsigned)(((u64)slot - SLOTS_BASE) / SLOT_SIZE);
    __atomic_fetch_or(&repairs[i / 64], 1UL << i % 64, __ATOMIC_RELAXED);
    __atomic_add_fetch(&mask_repairs, 1, __ATOMIC_RELAXED);
}

/* rt_sigreturn cannot do this: since Linux 6.12 it looks at the stack that it leaves. */
void signals_leave_stack(struct slot *slot) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sys(__NR_sigaltstack, &none, NULL);
    sys(__NR_rt_sigprocmask, SIG_SETMASK, &slot->mask, NULL, 8);
}

void signals_due(struct slot *slot) {
    u64 due = own_kept(), all = ALL_SIGNALS & ~OWN_SIGNALS, mask;
    if (due) due &= ~own_blocked_now();
    if (!due) return;
    sys(__NR_rt_sigprocmask, SIG_BLOCK, &all, &mask, 8);
    if (slot->pending) return; /* the way out is the slow one already, and the mask is known */
    slot->mask = mask, slot->mask_wait = 3;
    slot->pending = due & SIGNAL_BIT(SIGSYS) ? SIGSYS : due & SIGNAL_BIT(SIGSEGV) ? SIGSEGV : SIGBUS;
}

bool signals_delay(struct slot *slot) {
    u64 all = ALL_SIGNALS & ~OWN_SIGNALS, mask;
    sys(__NR_rt_sigprocmask, SIG_BLOCK, &all, &mask, 8);
    if (slot->pending) return false;
    slot->mask = mask, slot->mask_wait = 3;
    slot->pending = SIGSYS; /* none that was kept: the mask is all there is to set */
    return true;
}

void finish_always(struct slot *slot) {
    u64 blocked = ALL_SIGNALS & ~OWN_SIGNALS, before = 0;
    if (slot->mask_wait != 3) sys(__NR_rt_sigprocmask, SIG_BLOCK, &blocked, &before, 8);
    if (slot->pending)
        finish_prepare(slot);
    else
        slot->mask = before;
}
