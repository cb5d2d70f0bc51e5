/* The table of owners: a header page, an index (open addressing; one word per slot, never emptied again) and records
 * that are written once. A change writes a new record and swings the index word to it in one store, so that readers
 * need no lock and a process killed at any point leaves the table as it was or as it should be.
 *
 * A full table is copied into a bigger file under a file lock: the words of the old one are frozen, the new file
 * takes the old one's name, and the mark `moved` sends everybody to the new one. Whoever finds the mark set takes
 * the lock first, so a copy that was killed half-way is found and undone or completed. The old table stays mapped as long
 * as a call of this process may be reading it. */
#include "ownership.h"

#include <asm/stat.h>
#include <linux/mman.h>
#include <linux/time.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "../trap/slots.h"
#include "reserve.h"

/* To be changed with the layout of the file, and src/layers/owners/table.ts with it. */
#define MAGIC 0x3172656e776f6475UL /* "udowner1" */
#define FROZEN (1UL << 63)
#define NUMBER(word) ((u32)(word))
#define GONE 0xffffffffu /* number of a removed record */
#define LEAST_BITS 11
#define LOCK_EX 2
#define LINGER 60 /* seconds for which a file without a name is remembered for sure, and until the table is full */

enum { SETTLED, MOVING, MOVED };

struct header {
    u64 magic;
    u32 bits;           /* the index has 2^bits words */
    u32 capacity;       /* records: half as many */
    u64 serial;         /* one more in each file that takes the name */
    u32 moved;
    u32 used;           /* records claimed; number 0 is none */
    u32 setgid;
    u64 newest_birth;   /* of all files ever recorded; the highest number where one is unknown */
    u32 root_device;
    u64 root_inode, root_birth;
    u64 list[3];
    u32 devices;
};

static struct header *table;
static char directory[PATH_SIZE];

/* Old tables, under the lock. Where there is no place left one stays mapped for good. */
static struct header *retired[16];
static unsigned retired_count;

static u64 *index_of(struct header *t) { return (u64 *)((u8 *)t + PAGE_LEAST); }
static struct ownership *records_of(struct header *t) { return (struct ownership *)(index_of(t) + (1UL << t->bits)); }
static u64 size_of(u32 bits) { return PAGE_LEAST + (8UL << bits) + (sizeof(struct ownership) << (bits - 1)); }

static u64 hash_of(u32 device, u64 inode) {
    u64 h = (inode ^ ((u64)device << 40)) * 0x9e3779b97f4a7c15UL;
    return (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9UL;
}

static u64 word_of(u64 hash, u32 number) { return number | (hash & 0x7fffffffUL) << 32; }

static u32 device_in(const struct header *t, u32 device) { return device == t->root_device ? 0 : device; }

static struct ownership *record_at(struct header *t, u64 word) {
    u32 number = NUMBER(word);
    return number && number < t->capacity ? records_of(t) + number : NULL;
}

/* Does the index word lead to this file's record? */
static bool leads_to(struct header *t, u64 word, u64 hash, u32 device, u64 inode) {
    if (((word ^ word_of(hash, 0)) & ~FROZEN) >> 32) return false;
    const struct ownership *record = record_at(t, word);
    return record && record->inode == inode && record->device == device;
}

static u64 *find_word(struct header *t, u32 device, u64 inode) {
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
static u32 write_record(struct header *t, const struct ownership *file) {
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

/* 0, or -EAGAIN where the table is full or being moved. */
static long try_put(struct header *t, const struct ownership *file) {
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

static void path_of(char *path, const char *name) {
    text_put(path, text_put(path, 0, directory), name);
}

static long open_file(const char *name, u64 flags) {
    char path[PATH_SIZE + 32];
    path_of(path, name);
    return sys(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static long map_file(long fd, u64 size) {
    return sys(__NR_mmap, ENGINE_BASE + (1UL << 28), size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* The file that has the name now, mapped; or -errno. -EINVAL: it is no table. */
static long map_named(void) {
    struct header head;
    long fd = open_file("/ownership", O_RDWR);
    if (fd < 0) return fd;
    long r = sys(__NR_pread64, fd, &head, sizeof(head), 0);
    if (r >= 0 && (r < (long)sizeof(head) || head.magic != MAGIC || head.bits < LEAST_BITS || head.bits > 32)) r = -EINVAL;
    if (r >= 0 && sys(__NR_lseek, fd, 0, 2 /* SEEK_END */) < (long)size_of(head.bits)) r = -EINVAL;
    if (r >= 0) r = map_file(fd, size_of(head.bits));
    sys(__NR_close, fd);
    return r;
}

/* A new, empty table under another name. */
static long make_file(u32 bits, u64 serial) {
    long fd = open_file("/ownership.new", O_RDWR | O_CREAT | O_TRUNC);
    if (fd < 0) return fd;
    long r = reserve_blocks(fd, size_of(bits));
    if (r == 0) r = map_file(fd, size_of(bits));
    sys(__NR_close, fd);
    if (is_error(r)) return r;
    struct header *t = (struct header *)r;
    t->bits = bits;
    t->capacity = 1u << (bits - 1);
    t->serial = serial;
    t->magic = MAGIC;
    return r;
}

/* By slot: does its call read the table? The last one is for the start, when there is no slot, and nobody else. */
static struct {
    volatile u32 reads;
    u8 apart[60];
} readers[SLOTS + 1];

static volatile u32 *reading(void) {
    u64 offset = (u64)__builtin_frame_address(0) - SLOTS_BASE;
    return &readers[offset < (u64)SLOTS * SLOT_SIZE ? offset / SLOT_SIZE : SLOTS].reads;
}

/* A look at the table takes less than these many loads of a word, unless its thread waits for a CPU or a lock. */
#define PATIENCE 2000

static bool stops_reading(const volatile u32 *reads) {
    for (int i = 0; i < PATIENCE; i++)
        if (!__atomic_load_n(reads, __ATOMIC_SEQ_CST)) return true;
    return false;
}

/* Under the lock: another table takes this one's place. Who begins to read from now on finds the new one. */
static void replace_table(struct header *old, struct header *new) {
    __atomic_store_n(&table, new, __ATOMIC_SEQ_CST);
    if (retired_count < ARRAY_LENGTH(retired)) retired[retired_count++] = old;
    for (unsigned i = 0; i < SLOTS; i++)
        if (&readers[i].reads != reading() && !stops_reading(&readers[i].reads)) return;
    while (retired_count) {
        struct header *unused = retired[--retired_count];
        sys(__NR_munmap, unused, size_of(unused->bits));
    }
}

static long give_name(void) {
    char from[PATH_SIZE + 32], to[PATH_SIZE + 32];
    path_of(from, "/ownership.new");
    path_of(to, "/ownership");
    return sys(__NR_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* Takes the descriptor, and closes it where it cannot be locked. */
static long lock_file(long fd) {
    long r;
    if (fd < 0) return fd;
    while ((r = sys(__NR_flock, fd, LOCK_EX)) == -EINTR) {
    }
    if (r < 0) sys(__NR_close, fd);
    return r < 0 ? r : fd;
}

/* A file of ours in memory in place of one that cannot be locked: some Lustre and NFS have no locks. It counts on this
 * machine only, but so does the table, which processes share by mapping it. */
static long lock_stand_in(const struct stat *real) {
    static const char *const places[] = {"/dev/shm", "/tmp"};
    char path[96];
    struct stat st;
    u64 user = (u64)sys(__NR_geteuid);
    long r = -ENOLCK;
    for (unsigned i = 0; r < 0 && i < ARRAY_LENGTH(places); i++) {
        size_t n = text_put(path, text_put(path, 0, places[i]), "/udocker-owners-");
        n = text_put(path, text_put_number(path, n, user), "-");
        n = text_put(path, text_put_number(path, n, real->st_dev), "-");
        text_put_number(path, n, real->st_ino);
        long fd = sys(__NR_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0 && (sys(__NR_fstat, fd, &st) < 0 || st.st_uid != user)) {
            sys(__NR_close, fd);
            fd = -EACCES;
        }
        r = lock_file(fd);
    }
    return r;
}

static long lock(void) {
    struct stat st;
    long fd = open_file("/ownership.lock", O_RDWR | O_CREAT);
    if (fd < 0) return fd;
    long known = sys(__NR_fstat, fd, &st), r = lock_file(fd);
    bool none = r == -ENOSYS || r == -ENOLCK || r == -EOPNOTSUPP;
    return none && known == 0 ? lock_stand_in(&st) : r;
}

static void unlock(long fd) {
    sys(__NR_flock, fd, 8 /* LOCK_UN: a fork may have copied the descriptor */);
    sys(__NR_close, fd);
}

static u32 seconds_now(void) {
    struct timespec now = {0};
    sys(__NR_clock_gettime, CLOCK_REALTIME_COARSE, &now);
    return (u32)now.tv_sec;
}

/* Is the record still needed at `now`? */
static bool is_live(const struct ownership *record, u32 now) {
    return record && (!record->left || record->left + LINGER > now);
}

static u32 count_live(struct header *t, u32 now) {
    u32 live = 0;
    for (u64 i = 0; i < 1UL << t->bits; i++)
        if (is_live(record_at(t, index_of(t)[i]), now)) live++;
    return live;
}

static void thaw(struct header *t) {
    for (u64 i = 0; i < 1UL << t->bits; i++) __atomic_fetch_and(&index_of(t)[i], ~FROZEN, __ATOMIC_RELEASE);
    __atomic_store_n(&t->moved, SETTLED, __ATOMIC_RELEASE);
}

/* Under the lock: copy what lives into a file with room for as much again. */
static long grow(struct header *old) {
    u32 now = seconds_now(), bits = LEAST_BITS, live = count_live(old, now);
    while ((1UL << (bits - 1)) < 2UL * live + 1024) bits++;
    long r = make_file(bits, old->serial + 1);
    if (is_error(r)) return r;
    struct header *new = (struct header *)r;
    __atomic_store_n(&old->moved, MOVING, __ATOMIC_RELEASE);
    new->root_device = old->root_device, new->root_inode = old->root_inode, new->root_birth = old->root_birth;
    memcpy(new->list, old->list, sizeof(new->list));
    new->setgid = old->setgid;
    new->devices = old->devices;
    for (u64 i = 0; i < 1UL << old->bits; i++) {
        u64 word = __atomic_fetch_or(&index_of(old)[i], FROZEN, __ATOMIC_ACQ_REL);
        const struct ownership *record = record_at(old, word);
        if (is_live(record, now)) try_put(new, record);
    }
    r = give_name();
    if (r < 0) {
        thaw(old);
        sys(__NR_munmap, new, size_of(bits));
        return r;
    }
    __atomic_store_n(&old->moved, MOVED, __ATOMIC_RELEASE);
    replace_table(old, new);
    return 0;
}

/* The table is full, or marked as moved: go on to the one that has the name now. `old` must not be used any more. */
static long settle(struct header *old, bool full) {
    volatile u32 *own = reading();
    u32 reads = *own;
    __atomic_store_n(own, 0, __ATOMIC_RELEASE); /* who waits here keeps no table from being given back */
    long fd = lock(), r = 0;
    __atomic_store_n(own, reads, __ATOMIC_SEQ_CST);
    if (fd < 0) return fd;
    if (table == old) {
        struct header *named = (struct header *)(r = map_named());
        if (!is_error(r) && named->serial != old->serial) {
            replace_table(old, named);
            r = 0;
        } else if (!is_error(r)) {
            sys(__NR_munmap, named, size_of(named->bits));
            if (old->moved == MOVING) thaw(old); /* the one who copied it is gone */
            r = full ? grow(old) : 0;
        }
    }
    unlock(fd);
    return r;
}

static struct header *current(void) {
    struct header *t = __atomic_load_n(&table, __ATOMIC_SEQ_CST);
    if (!t || __atomic_load_n(&t->moved, __ATOMIC_ACQUIRE) == SETTLED) return t;
    settle(t, false);
    return table;
}

/* The table, or NULL, to be used until end_reading(). */
static struct header *begin_reading(void) {
    __atomic_store_n(reading(), 1, __ATOMIC_SEQ_CST);
    return current();
}

static void end_reading(void) {
    __atomic_store_n(reading(), 0, __ATOMIC_RELEASE);
}

bool ownership_find(u32 device, u64 inode, struct ownership *found) {
    struct header *t = begin_reading();
    u64 *word = t ? find_word(t, device_in(t, device), inode) : NULL;
    const struct ownership *record = word ? record_at(t, __atomic_load_n(word, __ATOMIC_ACQUIRE)) : NULL;
    if (record) *found = *record;
    end_reading();
    return record != NULL;
}

static long put(const struct ownership *file) {
    for (;;) {
        struct header *t = current();
        if (!t) return 0;
        struct ownership record = *file;
        record.device = device_in(t, file->device);
        long r = try_put(t, &record);
        if (r != -EAGAIN) return r;
        r = settle(t, true);
        if (r < 0) return r;
    }
}

long ownership_put(const struct ownership *file) {
    begin_reading();
    long r = put(file);
    end_reading();
    return r;
}

static void forget(u32 device, u64 inode, u64 birth) {
    for (;;) {
        struct header *t = current();
        u64 *at = t ? find_word(t, device_in(t, device), inode) : NULL;
        u64 word = at ? __atomic_load_n(at, __ATOMIC_ACQUIRE) : 0, gone = (word & ~0xffffffffUL) | GONE;
        const struct ownership *record = at ? record_at(t, word) : NULL;
        if (!record || record->inode != inode || record->birth != birth) return;
        if (!(word & FROZEN) &&
            __atomic_compare_exchange_n(at, &word, gone, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return;
        if ((word & FROZEN) && settle(t, false) < 0) return;
    }
}

void ownership_remove(u32 device, u64 inode, u64 birth) {
    begin_reading();
    forget(device, inode, birth);
    end_reading();
}

void ownership_leave(u32 device, u64 inode, u64 birth, u32 time) {
    struct header *t = begin_reading();
    u64 *word = t ? find_word(t, device_in(t, device), inode) : NULL;
    struct ownership *record = word ? record_at(t, __atomic_load_n(word, __ATOMIC_ACQUIRE)) : NULL;
    if (record && record->birth == birth) __atomic_store_n(&record->left, time, __ATOMIC_RELAXED);
    end_reading();
}

bool ownership_any_since(u64 time) {
    struct header *t = begin_reading();
    bool any = t && __atomic_load_n(&t->newest_birth, __ATOMIC_RELAXED) >= time;
    end_reading();
    return any;
}

bool ownership_any_setgid(void) {
    struct header *t = begin_reading();
    bool any = t && t->setgid;
    end_reading();
    return any;
}

void ownership_note_setgid(void) {
    struct header *t = begin_reading();
    if (t) t->setgid = 1;
    end_reading();
}

bool ownership_any_device(void) {
    struct header *t = begin_reading();
    bool any = t && t->devices;
    end_reading();
    return any;
}

bool ownership_has_list(void) {
    return table && table->list[1];
}

bool ownership_list_is(const u64 mark[3]) {
    return table && memcmp(table->list, mark, sizeof(table->list)) == 0;
}

void ownership_list_set(const u64 mark[3]) {
    if (table) memcpy(current()->list, mark, sizeof(table->list));
}

static bool set_directory(const char *state) {
    if (strlen(state) >= sizeof(directory)) return false;
    text_put(directory, 0, state);
    return true;
}

/* Can all that is there have been written here? Most of what a broken disk or another program leaves cannot. */
static bool is_sound(struct header *t) {
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

static bool is_of(const struct header *t, const struct ownership_root *root) {
    return t->root_inode == root->inode && t->root_birth == root->birth;
}

long ownership_open(const char *state, const struct ownership_root *root) {
    long r = ownership_resume(state);
    if (r < 0) return r;
    if (!is_sound(table)) return -EINVAL;
    if (!is_of(table, root)) return -ESTALE;
    table->root_device = root->device;
    return 0;
}

long ownership_resume(const char *state) {
    if (!set_directory(state)) return -ENAMETOOLONG;
    long r = map_named();
    if (is_error(r)) return r;
    table = (struct header *)r;
    return 0;
}

long ownership_begin(const char *state, const struct ownership_root *root) {
    if (!set_directory(state)) return -ENAMETOOLONG;
    long fd = lock();
    if (fd < 0) return fd;
    long r = map_named();
    struct header *old = is_error(r) ? NULL : (struct header *)r;
    bool damaged = r == -EINVAL || (old && !is_sound(old));
    if (old && !damaged && is_of(old, root)) {
        old->root_device = root->device; /* may be another one after each boot */
        table = old;
    } else {
        r = make_file(LEAST_BITS, old ? old->serial + 1 : 1);
        struct header *new = is_error(r) ? NULL : (struct header *)r;
        if (new) {
            new->root_inode = root->inode, new->root_birth = root->birth, new->root_device = root->device;
            r = give_name();
            table = new;
        }
        if (old) old->moved = MOVED;
    }
    unlock(fd);
    return is_error(r) ? r : damaged;
}
