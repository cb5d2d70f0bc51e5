/* The table of owners in memory; see owner-table.h. */
#include "owner-table.h"

#include <linux/errno.h>

#include "../sys/text.h"
#include "../trap/slots.h"

#define MAGIC 0x3172656e776f6475UL /* "udowner1" */
#define FROZEN (1UL << 63)
#define NUMBER(word) ((u32)(word))
#define GONE 0xffffffffu /* number of a removed record */
#define LINGER 60 /* seconds for which a file without a name is remembered for sure, and until the table is full */

static u64 *index_of(struct owner_table *t) { return (u64 *)((u8 *)t + PAGE_LEAST); }
static struct ownership *records_of(struct owner_table *t) { return (struct ownership *)(index_of(t) + (1UL << t->bits)); }

static u64 hash_of(u32 device, u64 inode) {
    u64 h = (inode ^ ((u64)device << 40)) * 0x9e3779b97f4a7c15UL;
    return (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9UL;
}

static u64 word_of(u64 hash, u32 number) { return number | (hash & 0x7fffffffUL) << 32; }

static struct ownership *record_at(struct owner_table *t, u64 word) {
    u32 number = NUMBER(word);
    return number && number < t->capacity ? records_of(t) + number : NULL;
}

/* Does the index word lead to this file's record? */
static bool leads_to(struct owner_table *t, u64 word, u64 hash, u32 device, u64 inode) {
    if (((word ^ word_of(hash, 0)) & ~FROZEN) >> 32) return false;
    const struct ownership *record = record_at(t, word);
    return record && record->inode == inode && record->device == device;
}

static u64 *find_word(struct owner_table *t, u32 device, u64 inode) {
    u64 hash = hash_of(device, inode), mask = (1UL << t->bits) - 1, left = mask;
    for (u64 i = hash >> (64 - t->bits); left; i = (i + 1) & mask, left--) {
        u64 word = __atomic_load_n(&index_of(t)[i], __ATOMIC_ACQUIRE);
        if (!(word & ~FROZEN)) return NULL;
        if (leads_to(t, word, hash, device, inode)) return &index_of(t)[i];
    }
    return NULL; /* only where somebody else wrote to the file: half of the words are empty */
}

static bool is_device(const struct ownership *file) {
    return (file->mode & 0170000) == 0020000 || (file->mode & 0170000) == 0060000;
}

/* Claim a record and write it. Its number, or 0 where the table is full. */
static u32 write_record(struct owner_table *t, const struct ownership *file) {
    u32 number = 1 + __atomic_fetch_add(&t->used, 1, __ATOMIC_RELAXED);
    if (number >= t->capacity) {
        __atomic_sub_fetch(&t->used, 1, __ATOMIC_RELAXED);
        return 0;
    }
    records_of(t)[number] = *file;
    if (is_device(file)) t->devices = 1;
    u64 birth = file->birth ? file->birth : ~0UL, newest = __atomic_load_n(&t->newest_birth, __ATOMIC_RELAXED);
    while (newest < birth && !__atomic_compare_exchange_n(&t->newest_birth, &newest, birth, false, __ATOMIC_RELAXED,
                                                          __ATOMIC_RELAXED)) {
    }
    return number;
}

long table_put(struct owner_table *t, const struct ownership *file) {
    u64 hash = hash_of(file->device, file->inode), mask = (1UL << t->bits) - 1, left = mask;
    u32 number = 0;
    for (u64 i = hash >> (64 - t->bits); left; i = (i + 1) & mask, left--) {
        u64 word = __atomic_load_n(&index_of(t)[i], __ATOMIC_ACQUIRE);
        do {
            if (word & FROZEN) return -EAGAIN;
            if (word && !leads_to(t, word, hash, file->device, file->inode)) break;
            if (word && memcmp(record_at(t, word), file, sizeof(*file)) == 0) return 0;
            if (!number && !(number = write_record(t, file))) return -EAGAIN;
        } while (!__atomic_compare_exchange_n(&index_of(t)[i], &word, word_of(hash, number), false,
                                              __ATOMIC_RELEASE, __ATOMIC_ACQUIRE));
        if (!word || leads_to(t, word, hash, file->device, file->inode)) return 0;
    }
    return -EIO;
}

u64 table_size(u32 bits) {
    return PAGE_LEAST + (8UL << bits) + (sizeof(struct ownership) << (bits - 1));
}

bool table_is_one(const struct owner_table *head) {
    return head->magic == MAGIC && head->bits >= TABLE_LEAST_BITS && head->bits <= 32;
}

void table_begin(struct owner_table *t, u32 bits, u64 serial) {
    t->bits = bits;
    t->capacity = 1u << (bits - 1);
    t->serial = serial;
    t->magic = MAGIC;
}

struct ownership *table_find(struct owner_table *t, u32 device, u64 inode) {
    const u64 *word = find_word(t, table_device(t, device), inode);
    return word ? record_at(t, __atomic_load_n(word, __ATOMIC_ACQUIRE)) : NULL;
}

long table_remove(struct owner_table *t, u32 device, u64 inode, u64 birth) {
    for (;;) {
        u64 *at = find_word(t, table_device(t, device), inode);
        u64 word = at ? __atomic_load_n(at, __ATOMIC_ACQUIRE) : 0, gone = (word & ~0xffffffffUL) | GONE;
        const struct ownership *record = at ? record_at(t, word) : NULL;
        if (!record || record->inode != inode || record->birth != birth) return 0;
        if (word & FROZEN) return -EAGAIN;
        if (__atomic_compare_exchange_n(at, &word, gone, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) return 0;
    }
}

/* Is the record still needed at `now`? */
static bool is_live(const struct ownership *record, u32 now) {
    return record && (!record->left || record->left + LINGER > now);
}

static u32 count_live(struct owner_table *t, u32 now) {
    u32 live = 0;
    for (u64 i = 0; i < 1UL << t->bits; i++)
        if (is_live(record_at(t, index_of(t)[i]), now)) live++;
    return live;
}

u32 table_bits(struct owner_table *t, u32 now) {
    u32 bits = TABLE_LEAST_BITS, live = count_live(t, now);
    while ((1UL << (bits - 1)) < 2UL * live + 1024) bits++;
    return bits;
}

void table_thaw(struct owner_table *t) {
    for (u64 i = 0; i < 1UL << t->bits; i++) __atomic_fetch_and(&index_of(t)[i], ~FROZEN, __ATOMIC_RELEASE);
    __atomic_store_n(&t->moved, SETTLED, __ATOMIC_RELEASE);
}

void table_copy(struct owner_table *from, struct owner_table *to, u32 now) {
    __atomic_store_n(&from->moved, MOVING, __ATOMIC_RELEASE);
    to->root_device = from->root_device, to->root_inode = from->root_inode, to->root_birth = from->root_birth;
    memcpy(to->list, from->list, sizeof(to->list));
    to->setgid = from->setgid;
    to->devices = from->devices;
    for (u64 i = 0; i < 1UL << from->bits; i++) {
        u64 word = __atomic_fetch_or(&index_of(from)[i], FROZEN, __ATOMIC_ACQ_REL);
        const struct ownership *record = record_at(from, word);
        if (is_live(record, now)) table_put(to, record);
    }
}

bool table_is_sound(struct owner_table *t) {
    u64 words = 1UL << t->bits, taken = 0;
    u32 highest = 0;
    if (t->capacity != words / 2 || t->moved > MOVED) return false;
    for (u64 i = 0; i < words; i++) {
        u64 word = __atomic_load_n(&index_of(t)[i], __ATOMIC_ACQUIRE) & ~FROZEN;
        u32 number = NUMBER(word);
        if (!word) continue;
        if (!number) return false;
        if (number != GONE && number > highest) highest = number;
        taken++;
    }
    u32 used = __atomic_load_n(&t->used, __ATOMIC_ACQUIRE); /* others may be adding: claimed before it is in the index */
    return used < t->capacity + SLOTS && highest < t->capacity && highest <= used && taken <= used;
}
