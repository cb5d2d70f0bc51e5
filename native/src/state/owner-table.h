/* One table of owners in memory: a header page, an index (open addressing; one word per slot, never emptied again) and
 * records that are written once. A change writes a new record and swings the index word to it in one store, so that
 * readers need no lock and a process killed at any point leaves the table as it was or as it should be. Which table is
 * in force is the business of ownership.c. */
#ifndef STATE_OWNER_TABLE_H
#define STATE_OWNER_TABLE_H
#include "ownership.h"

#define TABLE_LEAST_BITS 11

enum { SETTLED, MOVING, MOVED }; /* what is in `moved` */

/* To be changed with the layout of the file, and src/layers/owners/table.ts with it. */
struct owner_table {
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

/* The size of a table whose index has 2^bits words, in bytes. */
u64 table_size(u32 bits);
/* Does a file begin as a table does? */
bool table_is_one(const struct owner_table *head);
/* Could all that is there have been written here? Most of what a broken disk or another program leaves could not. */
bool table_is_sound(struct owner_table *t);
/* Begin an empty table in memory that is all zero; `bits`: see table_bits(). */
void table_begin(struct owner_table *t, u32 bits, u64 serial);

/* A device of struct stat, as records have it. */
static inline u32 table_device(const struct owner_table *t, u32 device) {
    return device == t->root_device ? 0 : device;
}

/* A file's record, or NULL; the device is one of struct stat. */
struct ownership *table_find(struct owner_table *t, u32 device, u64 inode);
/* Put a record in the place of what is known of its file. 0, or -EAGAIN where the table is full or frozen. */
long table_put(struct owner_table *t, const struct ownership *record);
/* Take out the record of the file that was born then. 0, also where there is none, or -EAGAIN where the table is frozen. */
long table_remove(struct owner_table *t, u32 device, u64 inode, u64 birth);

/* The index that would have room for all that lives at `now` (seconds since 1970), and as much again. */
u32 table_bits(struct owner_table *t, u32 now);
/* Freeze a table and copy what lives at `now` to a new one. */
void table_copy(struct owner_table *from, struct owner_table *to, u32 now);
/* A frozen table may be changed again. */
void table_thaw(struct owner_table *t);

#endif
