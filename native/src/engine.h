/* The one state of the engine in a process. Signal handlers and caught calls have no other way to reach it. It is
 * filled by engine.c before the guest runs; afterwards only what is marked as changing changes. */
#ifndef ENGINE_H
#define ENGINE_H
#include "path/path.h"
#include "plan.h"

#define ENGINE_VERSION 1
#define ROOT_DESCRIPTORS 8
#define WORDS_MORE 2 /* "inside" and its value, by chroot */

struct engine {
    struct plan plan;
    struct mounts mounts;
    char *program;             /* guest path of the program: /proc/self/exe; other processes read it here */
    int word_count;            /* the plan's words, handed on at each exec */
    const char **words;        /* a copy: the guest's stack grows over the vector itself; WORDS_MORE may be added */
    bool emulated;             /* the guest's ids are not the host's: id calls are caught */
    bool remembers;            /* emulated root: owners and modes are kept in the table of owners */
    u32 host_uid, host_gid;    /* who runs this on the host */
    u32 base_uid, base_gid;    /* who that user's files belong to in the guest */
    u64 container;             /* number that all processes of this container carry, 0: none is needed; see watcher.c */
    int root_descriptors;      /* changing: number of the first, 0: there are none; see near.h */
    bool links_open;           /* changing: a symbolic link itself was opened (O_PATH and O_NOFOLLOW) */
    bool proc_seen;            /* changing: a directory of /proc was opened, so names there may be magic links */
};

extern struct engine engine;

/* Parse the plan's words from argv[first] on into `engine`. Exits with 125 where they make no sense. */
void engine_parse(int argc, char **argv, int first);

/* The same, and all that follows from the words: what is needed after an exec. */
void engine_prepare(int argc, char **argv, int first);

/* Its parts, for the first start, which changes the words in between. */
void engine_keep_words(char **argv, int first);
void engine_begin_mounts(void);
void engine_add_mount(const struct bind *bind);

/* A copy of a text that lives as long as the process. */
char *engine_keep(const char *text);

#endif
