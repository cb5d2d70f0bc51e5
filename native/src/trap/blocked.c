/* The bits of three signals, by thread; see blocked.h. Threads are told apart by their thread pointers, which a forked
 * child shares with the thread it comes from. */
#include "blocked.h"

#include "../sys/raw.h"

#define ENTRIES 512
#define PROBES 8

static struct entry {
    u64 thread; /* a thread pointer, its lowest three bits what it blocks */
    u64 mask;   /* what the kernel had blocked then */
} entries[ENTRIES];
static u64 initial HOT;
static volatile u32 used HOT; /* anything at all in `entries` */

static struct {
    volatile u32 process; /* a forked child keeps nothing of its parent's */
    volatile u32 set;
    siginfo_t info[3];
} kept;

static const int numbers[3] = {SIGSYS, SIGSEGV, SIGBUS};

static u64 pack(u64 bits) {
    u64 packed = 0;
    for (unsigned i = 0; i < 3; i++)
        if (bits & SIGNAL_BIT(numbers[i])) packed |= 1UL << i;
    return packed;
}

static u64 unpack(u64 packed) {
    u64 bits = 0;
    for (unsigned i = 0; i < 3; i++)
        if (packed >> i & 1) bits |= SIGNAL_BIT(numbers[i]);
    return bits;
}

static struct entry *entry_of(u64 thread, unsigned i) {
    return &entries[((u32)(thread * 0x9e3779b97f4a7c15UL >> 40) + i) % ENTRIES];
}

static u64 normal(u64 mask) {
    return mask & ~(OWN_SIGNALS | SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP));
}

void own_begin(u64 blocked) {
    initial = pack(blocked);
}

u64 own_blocked(u64 mask) {
    if (!used) return unpack(initial);
    u64 thread = arch_thread_pointer() & ~7UL;
    for (unsigned i = 0; i < PROBES; i++) {
        const struct entry *entry = entry_of(thread, i);
        u64 known = __atomic_load_n(&entry->thread, __ATOMIC_RELAXED);
        if (known && (known & ~7UL) == thread) return entry->mask == normal(mask) ? unpack(known & 7) : 0;
    }
    return unpack(initial);
}

u64 own_blocked_now(void) {
    u64 mask = 0;
    if (used) sys(__NR_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
    return own_blocked(mask);
}

/* Where all places are taken one of them is given up: that thread is then said to block what it began with. */
void own_block(u64 bits, u64 mask) {
    u64 thread = arch_thread_pointer() & ~7UL, wanted = thread | pack(bits);
    struct entry *place = NULL;
    for (unsigned i = 0; i < PROBES; i++) {
        struct entry *at = entry_of(thread, i);
        u64 known = __atomic_load_n(&at->thread, __ATOMIC_RELAXED);
        if (known && (known & ~7UL) == thread) {
            place = at;
            break;
        }
        if (!place && (!known || (!(known & 7) && !initial))) place = at;
    }
    if (!thread) return;
    if (!place) place = entry_of(thread, 0);
    place->mask = normal(mask);
    __atomic_store_n(&place->thread, wanted, __ATOMIC_RELEASE);
    used = 1;
}

void own_keep(int number, const siginfo_t *info) {
    u32 self = (u32)sys(__NR_getpid);
    if (kept.process != self) {
        kept.set = 0;
        kept.process = self;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (numbers[i] != number || kept.set & (1u << i)) continue; /* as in the kernel: one of each */
        kept.info[i] = *info;
        __atomic_fetch_or(&kept.set, 1u << i, __ATOMIC_RELEASE);
    }
}

u64 own_kept(void) {
    return kept.set && kept.process == (u32)sys(__NR_getpid) ? unpack(kept.set) : 0;
}

int own_take(siginfo_t *info, u64 bits) {
    u64 due = own_kept() & bits;
    for (unsigned i = 0; i < 3; i++) {
        if (!(due & SIGNAL_BIT(numbers[i]))) continue;
        siginfo_t found = kept.info[i];
        if (!(__atomic_fetch_and(&kept.set, ~(1u << i), __ATOMIC_ACQ_REL) & (1u << i))) continue;
        *info = found;
        return numbers[i];
    }
    return 0;
}
