/* Whose ids a thread of this process has.
 *
 * Nearly always all threads have the same: process_ids, read without asking which thread it is. A thread of several that
 * changes its own carries a number in its personality(2), in bits that no kernel looks at: that of one of the sets here,
 * which are written once. The kernel hands the number on to threads, forks and vfork children as it does with ids, and
 * threads that make the same change, as a C library has them do, come to carry the same number. Once all do, that set is
 * the process's again. Where a filter of the host refuses personality(), all threads change together.
 * A vfork child, who shares its parent's memory, is like a thread here; where there are no numbers it has a copy of its
 * own. */
#include <asm/stat.h>
#include <linux/mman.h>

#include "../engine.h"
#include "../sys/process.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "../trap/calls.h"
#include "own-ids.h"

struct own_ids own_ids HOT;
struct ids process_ids HOT_LAST __attribute__((aligned(8)));
struct ids *ids_sets;
struct lent_ids lent_ids[LENT_IDS]; /* entries are not given back: they are few, and the next one takes them */

static u32 lent_count;

static struct lent_ids *find_lent(void) {
    u32 pid = (u32)sys(__NR_getpid);
    for (u32 i = 0; i < LENT_IDS; i++)
        if (lent_ids[i].pid == pid) return &lent_ids[i];
    return NULL;
}

static u32 number_of_thread(void) {
    long r = sys(__NR_personality, 0xffffffff);
    return is_error(r) ? 0 : IDS_NUMBER((u64)r);
}

const struct ids *ids_of_thread(void) {
    if (own_ids.lent && slots_borrowed()) {
        const struct lent_ids *lent = find_lent();
        if (lent) return &lent->ids;
    }
    if (!own_ids.used || own_ids.common) return &process_ids;
    u32 number = number_of_thread();
    return number && number <= own_ids.used ? &ids_sets[number - 1] : &process_ids;
}

/* False where the host does not allow it. */
static bool carry(u32 number) {
    long r = sys(__NR_personality, 0xffffffff);
    if (is_error(r)) return false;
    return !is_error(sys(__NR_personality, ((u64)r & ~IDS_NUMBER_BITS) | (u64)number << IDS_NUMBER_SHIFT));
}

void ids_carry_none(void) {
    if (number_of_thread()) carry(0);
}

static bool is_only_thread(void) {
    struct stat st;
    return sys(__NR_newfstatat, AT_FDCWD, "/proc/self/task", &st, 0) < 0 || st.st_nlink <= 3;
}

/* Held by the thread of that number, 0: by none. It lies in a slot because a forked child must find it open, and those
 * are empty then; a vfork child shares it. */
static void take_lock(void) {
    volatile u32 *lock = &slot_at(0)->ids_lock;
    u32 self = (u32)sys(__NR_gettid), holder = 0;
    while (!__atomic_compare_exchange_n(lock, &holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        if (sys(__NR_tkill, holder, 0) == -ESRCH) continue; /* it was killed */
        sys(__NR_sched_yield);
        holder = 0;
    }
}

static void give_lock(void) {
    __atomic_store_n(&slot_at(0)->ids_lock, 0, __ATOMIC_RELEASE);
}

/* The number that a thread of any process carries; 0 where that cannot be seen. */
u32 ids_number_carried(u32 pid, u32 thread) {
    char path[64], text[16];
    size_t n = text_put_number(path, text_put(path, 0, "/proc/"), pid);
    if (thread) n = text_put_number(path, text_put(path, n, "/task/"), thread);
    text_put(path, n, "/personality");
    long fd = sys(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), r;
    if (fd < 0) return 0;
    u64 value = 0;
    r = sys(__NR_read, fd, text, sizeof(text));
    sys(__NR_close, fd);
    for (long i = 0; i < r && text[i] != '\n'; i++) value = value << 4 | (u64)(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
    return IDS_NUMBER(value);
}

static long carries_other(u32 thread, void *number) {
    return ids_number_carried((u32)sys(__NR_getpid), thread) != *(u32 *)number;
}

static long mark_number(u32 thread, void *carried) {
    ((u8 *)carried)[ids_number_carried((u32)sys(__NR_getpid), thread)] = 1;
    return 0;
}

static const char own_threads[] = "/proc/self/task";

/* A number that no thread carries; 0: there is none. */
static u32 free_number(bool borrowed) {
    u8 carried[MOST_SETS + 1] = {0};
    if (own_ids.used < MOST_SETS) return own_ids.used + 1;
    if (borrowed || each_number(own_threads, mark_number, carried) < 0) return 0;
    for (u32 i = 1; i <= MOST_SETS; i++)
        if (!carried[i]) return i;
    return 0;
}

static u32 number_for(const struct ids *next, bool borrowed) {
    for (u32 i = 0; i < own_ids.used; i++)
        if (ids_equal(&ids_sets[i], next)) return i + 1;
    u32 number = free_number(borrowed);
    if (!number) return 0;
    ids_sets[number - 1] = *next;
    if (number > own_ids.used) __atomic_store_n(&own_ids.used, (u16)number, __ATOMIC_RELEASE);
    return number;
}

static bool make_room(void) {
    if (ids_sets) return true;
    long r = sys(__NR_mmap, SETS_BASE, MOST_SETS * sizeof(struct ids), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (is_error(r)) return false;
    ids_sets = (struct ids *)r;
    return true;
}

/* This thread alone, or (`borrowed`) this vfork child. -EPERM: the host does not allow it. */
static long become_apart(const struct ids *next, bool borrowed) {
    if (!make_room()) return -EAGAIN;
    u32 number = number_for(next, borrowed), common = own_ids.common;
    if (!number) return -EAGAIN;
    __atomic_store_n(&own_ids.apart, 1, __ATOMIC_RELEASE);
    __atomic_store_n(&own_ids.common, 0, __ATOMIC_RELEASE);
    if (!carry(number)) {
        own_ids.common = (u16)common;
        return -EPERM;
    }
    if (borrowed || each_number(own_threads, carries_other, &number) != 0) return 0;
    process_ids = *next;
    __atomic_store_n(&own_ids.common, (u16)number, __ATOMIC_RELEASE);
    if (!own_ids.lent) __atomic_store_n(&own_ids.apart, 0, __ATOMIC_RELEASE);
    return 0;
}

static long become_lent(const struct ids *next) {
    struct lent_ids *lent = find_lent();
    if (!lent) lent = &lent_ids[__atomic_fetch_add(&lent_count, 1, __ATOMIC_RELAXED) % LENT_IDS];
    lent->ids = *next;
    lent->pid = (u32)sys(__NR_getpid);
    own_ids.lent = 1;
    __atomic_store_n(&own_ids.apart, 1, __ATOMIC_RELEASE);
    return 0;
}

static long become_single(const struct ids *next) {
    process_ids = *next;
    if (own_ids.used) ids_carry_none();
    own_ids.used = own_ids.common = 0;
    own_ids.apart = own_ids.lent != 0;
    return 0;
}

long ids_become(const struct ids *next) {
    bool borrowed = slots_borrowed();
    const struct ids *old = ids_now();
    if (ids_equal(old, next)) return 0;
    if (old->user.effective != next->user.effective || old->group.effective != next->group.effective ||
        old->user.fs != next->user.fs || old->group.fs != next->group.fs || (next->permitted & ~old->permitted))
        own_ids.hidden = 1;
    if (!borrowed && is_only_thread()) return become_single(next);
    take_lock();
    long r = become_apart(next, borrowed);
    if (r < 0 && borrowed) r = become_lent(next);
    if (r == -EPERM) process_ids = *next, r = 0;
    give_lock();
    return r;
}

long call_personality(struct call *call) {
    bool asks = (u32)call->a[0] == 0xffffffff;
    u64 kept = asks || !own_ids.used ? 0 : (u64)number_of_thread() << IDS_NUMBER_SHIFT;
    if (!asks) call->a[0] = (call->a[0] & ~IDS_NUMBER_BITS) | kept;
    long r = call_run(call);
    return is_error(r) ? r : r & ~(long)IDS_NUMBER_BITS;
}
