/* The directory cache; see cache.h. Entries are guarded by sequence numbers: a reader that meets a writer, or a
 * writer that meets another, does without. */
#include "cache.h"

#include <linux/errno.h>

#include "../sys/text.h"

_Static_assert(sizeof(struct cache_entry) == 252, "entries are meant to be compact");

static u32 hash_of(const char *text, size_t length) {
    u64 h = length * 0x9e3779b97f4a7c15UL, word;
    for (; length >= 8; length -= 8, text += 8) {
        __builtin_memcpy(&word, text, 8);
        h = (h ^ word) * 0xff51afd7ed558ccdUL;
        h ^= h >> 29;
    }
    word = 0;
    if (length & 4) {
        u32 half;
        __builtin_memcpy(&half, text, 4);
        word = half;
        text += 4;
    }
    for (length &= 3; length--; text++) word = word << 8 | (u8)*text;
    h = (h ^ word) * 0xc4ceb9fe1a85ec53UL;
    return (u32)(h >> 32);
}

static struct cache_entry *entry_of(struct cache *cache, u32 hash) {
    return &cache->entries[hash % CACHE_ENTRIES];
}

static const struct cache_entry *entry_at(const struct cache *cache, u32 hash) {
    return &cache->entries[hash % CACHE_ENTRIES];
}

static bool is_entry(const struct cache_entry *e, u32 hash, u32 table, const char *text, size_t length) {
    return e->hash == hash && e->key_length == length && e->table == table && memcmp(e->text, text, length) == 0;
}

bool cache_find(struct cache *cache, u32 table, const char *text, size_t length, struct cache_answer *answer) {
    u32 hash = hash_of(text, length);
    const struct cache_entry *e = entry_of(cache, hash);
    u32 sequence = __atomic_load_n(&e->sequence, __ATOMIC_ACQUIRE);
    if (sequence & 1 || !is_entry(e, hash, table, text, length)) return false;
    size_t n = e->guest_length;
    answer->flags = __atomic_load_n(&e->flags, __ATOMIC_RELAXED);
    answer->same = answer->flags & CACHE_SAME;
    if (!answer->same && length + n > CACHE_TEXT) return false;
    if (!answer->same) {
        memcpy(answer->guest, e->text + length, n);
        answer->guest[n] = 0;
    }
    answer->length = n;
    answer->mount = e->mount;
    answer->links = e->links;
    u32 generation = e->generation;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&e->sequence, __ATOMIC_RELAXED) == sequence && generation == cache_generation(cache) &&
           !__atomic_load_n(&cache->changing, __ATOMIC_SEQ_CST);
}

/* What is known of the directory text that leads to itself, or by ".." only to another: its entry, unless that changed
 * meanwhile. */
static bool plain_directory(const struct cache *cache, u32 table, const char *text, size_t length, unsigned *flags,
                            size_t *leads_to) {
    u32 hash = hash_of(text, length);
    const struct cache_entry *e = entry_at(cache, hash);
    u32 sequence = __atomic_load_n(&e->sequence, __ATOMIC_ACQUIRE);
    if (sequence & 1 || !is_entry(e, hash, table, text, length)) return false;
    u32 generation = e->generation;
    *flags = __atomic_load_n(&e->flags, __ATOMIC_RELAXED);
    *leads_to = e->guest_length;
    bool plain = *flags & (CACHE_SAME | CACHE_RAW) && !e->mount;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return plain && __atomic_load_n(&e->sequence, __ATOMIC_RELAXED) == sequence &&
           generation == cache_generation(cache) && !__atomic_load_n(&cache->changing, __ATOMIC_SEQ_CST);
}

long cache_plain(const struct cache *cache, u32 table, const char *text, size_t directory, size_t length, bool follow,
                 bool raw) {
    unsigned flags = CACHE_LINKS; /* the root */
    size_t leads_to = 0;
    if (directory && !plain_directory(cache, table, text, directory, &flags, &leads_to)) return -1;
    if (flags & CACHE_RAW && !raw) return -1;
    if (!follow || !(flags & CACHE_LINKS)) return (long)leads_to;
    u32 hash = hash_of(text, length);
    const struct cache_entry *e = entry_at(cache, hash);
    bool may_be_link = is_entry(e, hash, table, text, length) && !(e->flags & CACHE_SAME); /* the caller will see */
    return may_be_link ? -1 : (long)leads_to;
}

void cache_put(struct cache *cache, u32 table, u32 generation, const char *text, size_t length,
               const struct cache_answer *answer) {
    size_t n = answer->length;
    bool same = n == length && memcmp(text, answer->guest, length) == 0;
    if (!same && length + n > CACHE_TEXT) return;
    if (length > CACHE_TEXT || answer->mount > 255) return;
    u32 hash = hash_of(text, length);
    struct cache_entry *e = entry_of(cache, hash);
    u32 sequence = __atomic_load_n(&e->sequence, __ATOMIC_RELAXED);
    if (sequence & 1 || !__atomic_compare_exchange_n(&e->sequence, &sequence, sequence + 1, false, __ATOMIC_ACQUIRE,
                                                     __ATOMIC_RELAXED))
        return;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    e->hash = hash;
    e->generation = generation;
    e->table = table;
    e->key_length = (u8)length;
    e->guest_length = (u8)n;
    e->mount = (u8)answer->mount;
    e->links = (u8)answer->links;
    __atomic_store_n(&e->flags, (u8)(same ? CACHE_SAME : answer->flags), __ATOMIC_RELAXED);
    memcpy(e->text, text, length);
    if (!same) memcpy(e->text + length, answer->guest, n);
    __atomic_store_n(&e->sequence, sequence + 2, __ATOMIC_RELEASE);
}

void cache_mark(struct cache *cache, u32 table, const char *text, size_t length, unsigned flags) {
    u32 hash = hash_of(text, length);
    struct cache_entry *e = entry_of(cache, hash);
    u32 sequence = __atomic_load_n(&e->sequence, __ATOMIC_ACQUIRE);
    if (!(sequence & 1) && is_entry(e, hash, table, text, length))
        __atomic_fetch_or(&e->flags, (u8)flags, __ATOMIC_RELAXED);
}

static u64 *name_bit(const u64 *names, size_t words, const char *name, size_t length, u64 *bit) {
    u32 hash = hash_of(name, length);
    *bit = 1UL << (hash & 63);
    return (u64 *)names + ((hash >> 6) & (words - 1));
}

void names_add(u64 *names, size_t words, const char *name, size_t length) {
    u64 bit, *word = name_bit(names, words, name, length, &bit);
    if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit)) __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
}

bool names_may_have(const u64 *names, size_t words, const char *name, size_t length) {
    u64 bit, *word = name_bit(names, words, name, length, &bit);
    return __atomic_load_n(word, __ATOMIC_SEQ_CST) & bit;
}

void cache_meet(struct cache *cache, const char *name, size_t length) {
    names_add(cache->names, CACHE_NAME_WORDS, name, length);
}

bool cache_met(struct cache *cache, const char *name, size_t length) {
    struct text_part last = text_last_part(name, length);
    const char *begin = name + last.begin;
    length = last.end - last.begin;
    bool dots = length < 3 && (!length || (begin[0] == '.' && begin[length - 1] == '.'));
    return dots || names_may_have(cache->names, CACHE_NAME_WORDS, begin, length);
}

void cache_change(struct cache *cache, const char *name, size_t length) {
    if (cache_met(cache, name, length)) cache_clear(cache);
}

void cache_note_program(struct cache *cache, const char *name, size_t length) {
    names_add(cache->programs, CACHE_PROGRAM_WORDS, name, length);
}

bool cache_may_be_program(const struct cache *cache, const char *name, size_t length) {
    return names_may_have(cache->programs, CACHE_PROGRAM_WORDS, name, length);
}

int cache_changing(struct cache *cache, u32 thread) {
    for (int i = 0; i < CACHE_CHANGERS; i++) {
        u32 none = 0;
        if (!__atomic_compare_exchange_n(&cache->changers[i], &none, thread, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            continue;
        __atomic_fetch_or(&cache->changing, 1u << i, __ATOMIC_SEQ_CST);
        return i;
    }
    return -1;
}

void cache_changed(struct cache *cache, int number) {
    if (number < 0) return;
    __atomic_fetch_and(&cache->changing, ~(1u << number), __ATOMIC_SEQ_CST);
    __atomic_store_n(&cache->changers[number], 0, __ATOMIC_RELEASE);
}

void cache_abandoned(struct cache *cache, int number, u32 thread) {
    /* one of all who see it does the rest */
    if (!__atomic_compare_exchange_n(&cache->changers[number], &thread, ~0u, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        return;
    cache_clear(cache);
    cache_changed(cache, number);
}

void cache_clear(struct cache *cache) {
    __atomic_add_fetch(&cache->generation, 1, __ATOMIC_SEQ_CST);
}
