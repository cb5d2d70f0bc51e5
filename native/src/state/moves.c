/* The list of moves: records of a letter ('m': moved, 'x': exchanged) and two host paths, each with a NUL behind it. */
#include "moves.h"

#include <linux/mman.h>

#include "../sys/limits.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "directories.h"
#include "files.h"

#define NAME "/moves"
#define RECORD (1 + 2 * PATH_SIZE)
#define TEXTS 3
#define PATIENCE 1000

u64 moves_made(void) {
    long list = state_open(NAME, O_RDONLY), end = 0;
    if (list >= 0) {
        end = sys(__NR_lseek, list, 0, 2 /* SEEK_END */);
        sys(__NR_close, list);
    }
    return end < 0 ? 0 : (u64)end;
}

/* Room for all texts twice: who still reads the one before is not disturbed. */
static struct rooms {
    u8 turn[256 * TEXTS];
    char texts[][2][PATH_SIZE];
} *rooms;

static char *room(unsigned mount, unsigned text) {
    unsigned at = mount * TEXTS + text;
    if (!rooms) {
        u64 size = sizeof(*rooms) + (u64)engine.mounts.count * TEXTS * 2 * PATH_SIZE;
        long r = sys(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (is_error(r)) return NULL;
        rooms = (struct rooms *)r;
    }
    rooms->turn[at] ^= 1;
    return rooms->texts[at][rooms->turn[at]];
}

/* What programs started from here are told. */
static void renew_words(void) {
    unsigned mount = 0;
    for (int i = 0; i < engine.word_count; i += plan_word_length(engine.words[i])) {
        if (!text_equal(engine.words[i], "bind") || ++mount >= engine.mounts.count) continue;
        const struct mount *m = &engine.mounts.table[mount];
        engine.words[i + 1] = m->host_length ? m->host : "/";
        engine.words[i + 2] = m->guest;
    }
}

/* One record, at `at`: its size, or 0 where there is none. */
static u64 apply_one(int list, u64 at) {
    char record[RECORD + 1];
    long n = sys(__NR_pread64, list, record, RECORD, at);
    if (n <= 0) return 0;
    record[n] = 0;
    const char *from = record + 1, *to = from + strlen(from) + 1;
    u64 size = (u64)(to - record) + (to < record + n ? strlen(to) + 1 : 0);
    if (to >= record + n || size > (u64)n) return 0;
    mounts_move(&engine.mounts, from, to, record[0] == 'x', room);
    return size;
}

/* One thread at a time; one that was forked away in between is not waited for long. */
static u32 applying;

void moves_apply(void) {
    u32 nobody = 0;
    for (int i = 0; !__atomic_compare_exchange_n(&applying, &nobody, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED); i++) {
        if (i == PATIENCE) break;
        nobody = 0;
        sys(__NR_sched_yield);
    }
    const struct cache *cache = engine.mounts.cache;
    u64 at = engine.mounts.moves, end = cache ? __atomic_load_n(&cache->moves, __ATOMIC_ACQUIRE) : at, size;
    long list = at < end ? state_open(NAME, O_RDONLY) : -1;
    while (list >= 0 && at < end && (size = apply_one((int)list, at))) at += size;
    if (list >= 0) sys(__NR_close, list);
    renew_words();
    if (list != -EMFILE && list != -ENFILE) __atomic_store_n(&engine.mounts.moves, end, __ATOMIC_RELEASE);
    __atomic_store_n(&applying, 0, __ATOMIC_RELEASE);
}

bool moves_concern(const char *name, size_t length) {
    static u64 names[MOUNT_NAME_WORDS];
    static u32 made_for;
    if (__atomic_load_n(&made_for, __ATOMIC_ACQUIRE) != engine.mounts.identity) {
        mounts_names(&engine.mounts, names);
        __atomic_store_n(&made_for, engine.mounts.identity, __ATOMIC_RELEASE);
    }
    return names_may_have(names, MOUNT_NAME_WORDS, name, length);
}

/* Locked, where that is possible, so that the list has the order in which the renames are made. */
long moves_open(void) {
    long list = directories_to_tell() ? state_open(NAME, O_WRONLY | O_CREAT | O_APPEND) : -ENOENT;
    if (list >= 0) sys(__NR_flock, list, 2 /* LOCK_EX */);
    return list;
}

long moves_tell(long list, const char *from, const char *to, bool exchange) {
    char record[RECORD];
    size_t n = text_put(record, 0, exchange ? "x" : "m");
    n = text_put(record, n, from) + 1;
    n = text_put(record, n, to) + 1;
    long r = may_append((int)list, n);
    if (r == 0) r = sys(__NR_write, list, record, n);
    long end = sys(__NR_lseek, list, 0, 2 /* SEEK_END */);
    sys(__NR_close, list);
    if (r < 0 || end < 0) return r < 0 ? r : end;
    struct cache *cache = engine.mounts.cache;
    if (!cache) return -ENOSPC;
    u64 *told = &cache->moves, before = __atomic_load_n(told, __ATOMIC_RELAXED);
    while (before < (u64)end &&
           !__atomic_compare_exchange_n(told, &before, (u64)end, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
    moves_follow();
    return 0;
}
