/* What the disk cannot hold for an unprivileged user: owner, mode, type and device number of files, remembered for
 * all processes and runs of a container in one mapped file. Looking up costs a memory access or two. */
#ifndef STATE_OWNERSHIP_H
#define STATE_OWNERSHIP_H
#include "../sys/types.h"

/* One file. But for `left`, a record is never changed once it can be found. */
struct ownership {
    u64 inode;
    u64 birth;      /* nanoseconds since 1970; 0: the file system does not tell */
    u32 device;     /* as in struct stat; 0: the one the container's root lies on */
    u32 uid, gid;
    u32 mode;       /* with type bits; 0: as on disk */
    u32 rdev;
    u32 left;       /* second of 1970 on when its last name was removed: it may still be open; 0: it has one */
    u32 unused[4];
};

/* The tree a table belongs to: a copied tree has other inodes. */
struct ownership_root {
    u64 inode, birth;
    u32 device;
};

/* At the first start: open the table in the plan's state directory, making it where there is none for this tree.
 * 0; 1: what was there is damaged and has been begun anew; or -errno. */
long ownership_begin(const struct ownership_root *root);
/* For a look from outside: map the table where it is one of this tree; -ESTALE where it is another's, -EINVAL where it is
 * damaged. */
long ownership_open(const struct ownership_root *root);
/* In later programs: map what is there. */
long ownership_resume(void);

/* Copy the record of a file; false where there is none. The caller must compare the birth time. */
bool ownership_find(u32 device, u64 inode, struct ownership *found);
/* Remember a file, in place of what was known of it. 0 or -errno; nothing is done where there is no table. */
long ownership_put(const struct ownership *file);
/* Forget a file; a later one with its number and another birth time is left alone. */
void ownership_remove(u32 device, u64 inode, u64 birth);
/* The last name of a file is about to go, at `time` (seconds since 1970). */
void ownership_leave(u32 device, u64 inode, u64 birth, u32 time);
/* Is there a record of a file that was born at `time` (nanoseconds since 1970) or later, or at an unknown time? ~0: one of
 * those alone. */
bool ownership_any_since(u64 time);
/* May there be directories that hand on a group of their own to new files? */
bool ownership_any_setgid(void);
void ownership_note_setgid(void);
/* May there be files that are to be seen as devices? */
bool ownership_any_device(void);

/* Has any? Where none was, nobody knows whose the files of the image are. */
bool ownership_has_list(void);
/* Which list of first owners has been taken over: any three numbers. */
bool ownership_list_is(const u64 mark[3]);
void ownership_list_set(const u64 mark[3]);

#endif
