/* The bits of three signals, by thread; see blocked.h. Threads are told apart by their thread pointers, which a forked
 * child shares with the thread it comes from. */
#include "blocked.h"

#include "../sys/raw.h"

#define ENTRIES 1024
#define PROBES 8

static u64 entries[ENTRIES]; /* a thread pointer, its lowest three bits what it blocks */
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

static u64 *entry_of(u64 thread, unsigned i) {
    return &entries[((u32)(thread * 0x9e3779b97f4a7c15UL >> 40) + i) % ENTRIES];
}

void own_begin(u64 blocked) {
    initial = pack(blocked);
}

u64 own_blocked(void) {
    if (!used) return unpack(initial);
    u64 thread = arch_thread_pointer() & ~7UL;
    for (unsigned i = 0; i < PROBES; i++) {
        u64 entry = __atomic_load_n(entry_of(thread, i), __ATOMIC_RELAXED);
        if (entry && (entry & ~7UL) == thread) return unpack(entry & 7);
    }
    return unpack(initial);
}

/* Where all places are taken one of them is given up: that thread is then said to block what it began with. */
void own_block(u64 bits) {
    u64 thread = arch_thread_pointer() & ~7UL, wanted = thread | pack(bits), *place = NULL;
    for (unsigned i = 0; i < PROBES; i++) {
        u64 *at = entry_of(thread, i), entry = __atomic_load_n(at, __ATOMIC_RELAXED);
        if (entry && (entry & ~7UL) == thread) {
            place = at;
            break;
        }
        if (!place && (!entry || (!(entry & 7) && !initial))) place = at;
    }
    if (!thread) return;
    __atomic_store_n(place ? place : entry_of(thread, 0), wanted, __ATOMIC_RELAXED);
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

int own_take(siginfo_t *info, bool blocked) {
    u64 due = own_kept();
    if (due) due &= blocked ? own_blocked() : ~own_blocked();
    for (unsigned i = 0; i < 3; i++) {
        if (!(due & SIGNAL_BIT(numbers[i]))) continue;
        siginfo_t found = kept.info[i];
        if (!(__atomic_fetch_and(&kept.set, ~(1u << i), __ATOMIC_ACQ_REL) & (1u << i))) continue;
        *info = found;
        return numbers[i];
    }
    return 0;
}
