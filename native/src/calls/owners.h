/* Files as the guest is to see them: owners, modes and types that the disk does not hold. */
#ifndef CALLS_OWNERS_H
#define CALLS_OWNERS_H
#include <asm/stat.h>
#include <linux/stat.h>

#include "../ids/ids.h"
#include "../path/path.h"
#include "../trap/calls.h"

/* A file on disk and as the guest sees it. */
struct file {
    u32 device;
    u64 inode, birth;
    u32 disk_uid, disk_gid, disk_mode, disk_rdev;
    u32 links;
    bool known;              /* something is remembered of it */
    u32 left;                /* then: when its last name was removed, 0: it was not */
    u32 uid, gid, mode, rdev; /* what the guest sees */
};

/* Before the names of attributes that only real root might set. */
#define KEPT_PREFIX "user.udocker."
#define KEPT_CAPABILITY KEPT_PREFIX "security.capability"

/* Look at a file without following a link in the last place. `flags`: AT_EMPTY_PATH or AT_SYMLINK_FOLLOW.
 * 0 or -errno. */
long file_look(int directory, const char *path, u64 flags, struct file *file);
/* Remember what the guest is to see of `file`: its uid, gid, mode, rdev; or forget it where that is nothing special. */
long file_remember(const struct file *file);

/* Put what the guest is to see into the answer of a stat call about directory and path (both as for the kernel). */
void file_show_stat(int directory, const char *path, u64 flags, struct stat *st);
void file_show_statx(int directory, const char *path, u64 flags, struct statx *st);
/* The owner of `uid` and `gid` on disk where nothing is remembered. */
void file_show_ids(u32 *uid, u32 *gid);

/* The owner of a file in the directory of a process in /proc, arguments as for file_show_stat(). False where it is none,
 * or it is nobody's of the container. */
bool file_show_process(int directory, const char *path, u32 mode, u32 *uid, u32 *gid);
/* Is this host path one of a process's that the running one, who is not root, may not open, or may not follow? */
bool process_hides(const char *path, bool opens, bool follows);

/* The directory in which a place's last name is. 0 or -errno. */
long file_look_parent(const struct place *place, struct file *file);
/* Do owner and mode let these ids in? `need`: MAY_ bits of wish.h. */
bool file_permits(const struct ids *ids, const struct file *file, u32 need);
/* Does a plain host path lie in the container's own tree? */
bool in_own_tree(const char *host_path);

/* A name was made by the running guest process: `place` is where. Only under emulated root. */
void file_made(const struct place *place);
/* The same for a file that was opened as it was made. `mode`: as the guest asked for it. */
void file_made_open(int fd, const struct place *place, u64 mode);
/* Set uid and gid to those of a file that the running process makes at a place (NULL: a nameless one). */
void file_give_owner(const struct place *place, struct file *file);
/* The set-id bits that a change of what is in it, or of its owner, takes off a file. */
u32 file_bits_lost(const struct file *file);
/* What is at a place, or behind a descriptor (flags AT_EMPTY_PATH), was cut or will be written to: whoever is not
 * root takes set-id bits off with that. */
void file_written(int directory, const char *path, u64 flags);
/* Would file_made() have anything to do? */
bool file_made_matters(void);
/* Before a call that may remove a file's last name: mark its record, since once it is gone its number may at once be
 * another's. True where that was done: the file is to be remembered again if the call fails. */
bool file_leaving(const struct place *place, struct file *file);

#endif
