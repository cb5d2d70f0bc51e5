/* The path room: from what a guest program writes to what the host kernel is told, and back. It knows the file
 * system only through the functions of struct path_host, so that it can be tested on its own.
 *
 * A guest path and a host path without any symbolic link left ("plain") are related by the table of mounts alone.
 * Both are kept without a trailing slash: "" is the root directory. */
#ifndef PATH_PATH_H
#define PATH_PATH_H
#include "../sys/types.h"
#include "cache.h"

#define PATH_ROOM (2 * PATH_SIZE) /* host text: a guest path behind the root's */
#define PATH_BRIEF 192
#define MOUNT_UNKNOWN (-1)
#define MAGIC_JUMP 0x10000
#define MAGIC_REMOVED 0x20000
#define MOST_LINKS 40 /* as in the kernel */

enum { MOUNT_READ_ONLY = 1 };

struct mount {
    const char *guest;  /* plain guest path */
    const char *host;   /* plain host path */
    const char *shadow; /* the host path that the guest path would have without this mount; NULL for the root */
    const char *name;   /* last component of `guest` */
    u32 guest_length, host_length, shadow_length;
    u32 flags;
};

struct mounts {
    struct mount *table;
    unsigned count, room;
    bool any_read_only;
    u32 root_length;      /* chroot of this process: what the guest calls "/" is root[0..root_length] of the table */
    const char *root;
    u32 identity;        /* a hash of the table */
    u64 shadow_lengths;  /* bit N: a mount's shadow is so long, modulo 64 */
    u64 moves;           /* how much of the list of moves is in it: see state/moves.h */
    struct cache *cache; /* NULL: none */
};

/* What resolution asks of the host. Results as of the system calls. */
struct path_host {
    long (*read_link)(const char *host_path, char *to, size_t size);
    /* 0 where host_path is a directory, -ENOTDIR or another error else. */
    long (*check_directory)(const char *host_path);
    /* Plain or not, the guest path behind a magic link of /proc (exe, root, cwd, fd/N): its length, with MAGIC_JUMP
     * where the kernel need not come by that path; -EINVAL: it is none, treat it as any link; -EXDEV: only the kernel
     * can follow it. With MAGIC_REMOVED it is the guest path where a removed directory was. */
    long (*magic_link)(const char *host_path, bool last, char *to, size_t size);
};

enum {
    PATH_FOLLOW = 1, /* follow a symbolic link in the last place */
    PATH_LAZY = 2,   /* do not look at the last place; the caller does, with the kernel's no-follow flags */
    PATH_WRITE = 4,  /* the call changes something: read-only mounts must be noticed */
    PATH_PARENT = 16, /* the last name is made, removed or renamed: never followed, not even before a slash */
    PATH_WALK = 32,   /* always walk, so that the place tells its mount */
    /* openat2's RESOLVE_ flags */
    PATH_IN_ROOT = 64,
    PATH_BENEATH = 128,
    PATH_NO_LINKS = 256,
    PATH_NO_MAGIC = 512,
    PATH_NO_MOUNTS = 1024,
    PATH_RESOLVE = 64 | 128 | 256 | 512 | 1024,
    PATH_KEEP = 2048, /* with PATH_FOLLOW: remember where the whole path leads, as for directories */
    PATH_REMOVED = 8192, /* with an anchor: `base` is where its directory was */
    PATH_CREATE = 16384, /* an open that may make the file: a name with a slash behind it is refused, not looked at */
    PATH_EXCLUSIVE = 32768, /* with PATH_CREATE: and that must not find it there */
    PATH_EMPTY = 8,  /* an empty or NULL path means the descriptor itself, where AT_EMPTY_PATH is given */
};

enum {
    PLACE_KERNEL_FOLLOWS = 1, /* a magic link in the last place: the kernel must follow it */
    PLACE_PROC = 2,
    PLACE_READ_ONLY = 4,
    PLACE_UNNAMED = 16,    /* the path ends in "." or "..", or is the root: nothing can be made, removed or renamed so */
    PLACE_MOUNT_POINT = 8, /* the last name is a mount's (or the root), and was to be made, removed or renamed: the
                            * place is then what the mount hides */
    PLACE_REMOVED = 64,    /* the directory that is to hold the name is removed */
    PLACE_ANCHORED = 32,   /* the path is relative to the directory behind a link of /proc: it is not plain */
};

/* Where the kernel finds the file: arguments for an *at call. */
struct place {
    int directory;    /* AT_FDCWD with an absolute path, or the guest's own with a single name */
    const char *path; /* points into text, or at the guest's text copied by the caller */
    const char *given; /* what the guest wrote: see resolve_copy() */
    u32 flags;
    u32 length;
    int mount;        /* index of the mount in which the name lies, MOUNT_UNKNOWN without a walk */
    char brief[PATH_BRIEF]; /* what the guest wrote, where `text` is needed: no page more is touched */
    char text[PATH_ROOM];
};

/* Is `path` the directory `above` (no trailing slash) or something in it? */
bool path_lies_in(const char *path, size_t length, const char *above, size_t above_length);

/* mounts.c */
/* Begin with the root alone, in a table with room for `room` mounts. */
void mounts_begin(struct mounts *m, struct mount *table, unsigned room, const char *root);
/* Add a mount at a plain guest path. `shadow` must stay; see mounts_shadow(). 0, or -ENOSPC. */
long mounts_add(struct mounts *m, const char *guest, const char *host, const char *shadow, u32 flags);
/* move.c: something was renamed on the host, within one mount: both texts are plain host paths. What is mounted from below
 * it, and what is mounted on directories below it, moves along. `room` gives PATH_SIZE bytes for one of the texts (0, 1, 2)
 * of a mount, which nobody reads yet. */
typedef char *mount_room(unsigned mount, unsigned text);
void mounts_move(struct mounts *m, const char *from, const char *to, bool exchange, mount_room *room);
/* Would that change anything? */
bool mounts_depend_on(const struct mounts *m, const char *host);
/* All names for which it may: a set as in cache.h. */
#define MOUNT_NAME_WORDS 8
void mounts_names(const struct mounts *m, u64 names[MOUNT_NAME_WORDS]);
/* The innermost mount at or above a plain guest path of this length. */
const struct mount *mounts_of_guest(const struct mounts *m, const char *guest, size_t length);
/* The mount whose shadow this is, or NULL. */
const struct mount *mounts_of_shadow(const struct mounts *m, const char *host, size_t length);
/* Is a plain host path shown by read-only mounts only? */
bool mounts_host_read_only(const struct mounts *m, const char *host);
/* Take the hash of the table again. */
void mounts_identify(struct mounts *m);
bool mounts_has_name(const struct mounts *m, const char *name);
/* Host path of a plain guest path: its length, or -ENAMETOOLONG. */
long mounts_to_host(const struct mounts *m, const char *guest, size_t length, char *host, size_t size);
/* Guest path of a plain host path ("/" for the root): its length, -ENOENT where no mount shows it, or only outside the
 * process's own root. */
long mounts_to_guest(const struct mounts *m, const char *host, char *guest, size_t size);

/* The same without regard to the process's root. */
long mounts_to_table(const struct mounts *m, const char *host, char *guest, size_t size);
/* One step of a walk whose result may be remembered. */
struct path_step {
    const char *name;      /* the component, not NUL-terminated */
    size_t length;
    bool lasting;          /* cleared where the result must not be remembered */
    bool tail;             /* a slash or dot follows, as at the end of a link's text: it must be a directory */
};

/* walk.c: walk one component from the plain guest directory in `at`, which it replaces by what it leads to. 0, -errno,
 * or -EXDEV where only path_walk() can tell. */
long path_step(const struct mounts *m, const struct path_host *host, struct cache_answer *at, struct path_step *step);

/* lookup.c: `host` is the root's host path and behind it, of this length, a guest path. May the kernel be given that as
 * it is, as far as the cache can tell at once? Only a directory that is known to be plain and a name behind it, which
 * nobody wants to be followed unseen (PATH_FOLLOW without PATH_LAZY). */
bool path_is_plain(const struct mounts *m, const char *host, size_t length, u32 how);

/* lookup.c: as path_walk(), by way of the directory cache. */
long path_lookup(const struct mounts *m, const struct path_host *host, const char *base, const char *path, size_t length,
                 u32 how, struct place *place);

/* walk.c: resolve an absolute guest path, or one relative to the plain guest path `base`.
 * Fills text, path, flags, length; directory becomes AT_FDCWD. 0, -errno, or -EOVERFLOW where the path that the kernel
 * would have to be told is too long. */
long path_walk(const struct mounts *m, const struct path_host *host, const char *base, const char *path, u32 how,
               struct place *place);
/* The same where the kernel is to start from `anchor`, a link of /proc that leads to `base`: the directories above it
 * are not asked for search permission. */
long path_walk_from(const struct mounts *m, const struct path_host *host, const char *base, const char *anchor,
                    const char *path, u32 how, struct place *place);

#endif
