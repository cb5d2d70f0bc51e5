/* The table of owners that is in force: a file under `state`, mapped by every process of the container.
 *
 * A full table is copied into a bigger file under a file lock: the words of the old one are frozen, the new file
 * takes the old one's name, and the mark `moved` sends everybody to the new one. Whoever finds the mark set takes
 * the lock first, so a copy that was killed half-way is found and undone or completed. The old table stays mapped as long
 * as a call of this process may be reading it. */
#include "ownership.h"

#include <linux/mman.h>
#include <linux/time.h>

#include "../sys/raw.h"
#include "../sys/text.h"
#include "../trap/slots.h"
#include "files.h"
#include "lock.h"
#include "owner-table.h"
#include "reserve.h"

#define NAME "/ownership"
#define NAME_OF_NEW NAME ".new"
#define NAME_OF_LOCK NAME ".lock"

static struct owner_table *table;

/* Old tables, under the lock. Where there is no place left one stays mapped for good. */
static struct owner_table *retired[16];
static unsigned retired_count;

static long map_file(long fd, u64 size) {
    return sys(__NR_mmap, ENGINE_BASE + (1UL << 28), size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* The file that has the name now, mapped; or -errno. -EINVAL: it is no table. */
static long map_named(void) {
    struct owner_table head;
    long fd = state_open(NAME, O_RDWR);
    if (fd < 0) return fd;
    long r = sys(__NR_pread64, fd, &head, sizeof(head), 0);
    if (r >= 0 && (r < (long)sizeof(head) || !table_is_one(&head))) r = -EINVAL;
    if (r >= 0 && sys(__NR_lseek, fd, 0, 2 /* SEEK_END */) < (long)table_size(head.bits)) r = -EINVAL;
    if (r >= 0) r = map_file(fd, table_size(head.bits));
    sys(__NR_close, fd);
    return r;
}

/* A new, empty table under another name. */
static long make_file(u32 bits, u64 serial) {
    long fd = state_open(NAME_OF_NEW, O_RDWR | O_CREAT | O_TRUNC);
    if (fd < 0) return fd;
    long r = reserve_blocks(fd, table_size(bits));
    if (r == 0) r = map_file(fd, table_size(bits));
    sys(__NR_close, fd);
    if (is_error(r)) return r;
    table_begin((struct owner_table *)r, bits, serial);
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
static void replace_table(struct owner_table *old, struct owner_table *new) {
    __atomic_store_n(&table, new, __ATOMIC_SEQ_CST);
    if (retired_count < ARRAY_LENGTH(retired)) retired[retired_count++] = old;
    for (unsigned i = 0; i < SLOTS; i++)
        if (&readers[i].reads != reading() && !stops_reading(&readers[i].reads)) return;
    while (retired_count) {
        struct owner_table *unused = retired[--retired_count];
        sys(__NR_munmap, unused, table_size(unused->bits));
    }
}

static u32 seconds_now(void) {
    struct timespec now = {0};
    sys(__NR_clock_gettime, CLOCK_REALTIME_COARSE, &now);
    return (u32)now.tv_sec;
}

/* Under the lock: copy what lives into a file with room for as much again. */
static long grow(struct owner_table *old) {
    u32 now = seconds_now(), bits = table_bits(old, now);
    long r = make_file(bits, old->serial + 1);
    if (is_error(r)) return r;
    struct owner_table *new = (struct owner_table *)r;
    table_copy(old, new, now);
    r = state_rename(NAME_OF_NEW, NAME);
    if (r < 0) {
        table_thaw(old);
        sys(__NR_munmap, new, table_size(bits));
        return r;
    }
    __atomic_store_n(&old->moved, MOVED, __ATOMIC_RELEASE);
    replace_table(old, new);
    return 0;
}

/* The table is full, or marked as moved: go on to the one that has the name now. `old` must not be used any more. */
static long settle(struct owner_table *old, bool full) {
    volatile u32 *own = reading();
    u32 reads = *own;
    __atomic_store_n(own, 0, __ATOMIC_RELEASE); /* who waits here keeps no table from being given back */
    long fd = state_lock(NAME_OF_LOCK), r = 0;
    __atomic_store_n(own, reads, __ATOMIC_SEQ_CST);
    if (fd < 0) return fd;
    if (table == old) {
        struct owner_table *named = (struct owner_table *)(r = map_named());
        if (!is_error(r) && named->serial != old->serial) {
            replace_table(old, named);
            r = 0;
        } else if (!is_error(r)) {
            sys(__NR_munmap, named, table_size(named->bits));
            if (old->moved == MOVING) table_thaw(old); /* the one who copied it is gone */
            r = full ? grow(old) : 0;
        }
    }
    state_unlock(fd);
    return r;
}

static struct owner_table *current(void) {
    struct owner_table *t = __atomic_load_n(&table, __ATOMIC_SEQ_CST);
    if (!t || __atomic_load_n(&t->moved, __ATOMIC_ACQUIRE) == SETTLED) return t;
    settle(t, false);
    return table;
}

/* The table, or NULL, to be used until end_reading(). */
static struct owner_table *begin_reading(void) {
    __atomic_store_n(reading(), 1, __ATOMIC_SEQ_CST);
    return current();
}

static void end_reading(void) {
    __atomic_store_n(reading(), 0, __ATOMIC_RELEASE);
}

bool ownership_find(u32 device, u64 inode, struct ownership *found) {
    struct owner_table *t = begin_reading();
    const struct ownership *record = t ? table_find(t, device, inode) : NULL;
    if (record) *found = *record;
    end_reading();
    return record != NULL;
}

static long put(const struct ownership *file) {
    for (;;) {
        struct owner_table *t = current();
        if (!t) return 0;
        struct ownership record = *file;
        record.device = table_device(t, file->device);
        long r = table_put(t, &record);
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
    struct owner_table *t;
    do t = current();
    while (t && table_remove(t, device, inode, birth) == -EAGAIN && settle(t, false) >= 0);
}

void ownership_remove(u32 device, u64 inode, u64 birth) {
    begin_reading();
    forget(device, inode, birth);
    end_reading();
}

void ownership_leave(u32 device, u64 inode, u64 birth, u32 time) {
    struct owner_table *t = begin_reading();
    struct ownership *record = t ? table_find(t, device, inode) : NULL;
    if (record && record->birth == birth) __atomic_store_n(&record->left, time, __ATOMIC_RELAXED);
    end_reading();
}

bool ownership_any_since(u64 time) {
    struct owner_table *t = begin_reading();
    bool any = t && __atomic_load_n(&t->newest_birth, __ATOMIC_RELAXED) >= time;
    end_reading();
    return any;
}

bool ownership_any_setgid(void) {
    struct owner_table *t = begin_reading();
    bool any = t && t->setgid;
    end_reading();
    return any;
}

void ownership_note_setgid(void) {
    struct owner_table *t = begin_reading();
    if (t) t->setgid = 1;
    end_reading();
}

bool ownership_any_device(void) {
    struct owner_table *t = begin_reading();
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

static bool is_of(const struct owner_table *t, const struct ownership_root *root) {
    return t->root_inode == root->inode && t->root_birth == root->birth;
}

long ownership_open(const struct ownership_root *root) {
    long r = ownership_resume();
    if (r < 0) return r;
    if (!table_is_sound(table)) return -EINVAL;
    if (!is_of(table, root)) return -ESTALE;
    table->root_device = root->device;
    return 0;
}

long ownership_resume(void) {
    long r = map_named();
    if (is_error(r)) return r;
    table = (struct owner_table *)r;
    return 0;
}

long ownership_begin(const struct ownership_root *root) {
    long fd = state_lock(NAME_OF_LOCK);
    if (fd < 0) return fd;
    long r = map_named();
    struct owner_table *old = is_error(r) ? NULL : (struct owner_table *)r;
    bool damaged = r == -EINVAL || (old && !table_is_sound(old));
    if (old && !damaged && is_of(old, root)) {
        old->root_device = root->device; /* may be another one after each boot */
        table = old;
    } else {
        r = make_file(TABLE_LEAST_BITS, old ? old->serial + 1 : 1);
        struct owner_table *new = is_error(r) ? NULL : (struct owner_table *)r;
        if (new) {
            new->root_inode = root->inode, new->root_birth = root->birth, new->root_device = root->device;
            r = state_rename(NAME_OF_NEW, NAME);
            table = new;
        }
        if (old) old->moved = MOVED;
    }
    state_unlock(fd);
    return is_error(r) ? r : damaged;
}
