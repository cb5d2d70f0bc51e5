/* The directory cache: what the text of a guest directory leads to, shared by all processes of a container.
 *
 * A block of memory, all zero when new, that any number of processes map and change without locks. An entry says that
 * the directory text D leads to the plain guest path G. It holds until a symbolic link appears or goes, or a name is
 * moved, somewhere on the way; directories that come and go do not matter, because the kernel meets G itself. All
 * names met on the way of any entry are kept in a Bloom filter, so that a change of a name nobody went by costs
 * nothing; any other change makes all entries old at once, by counting the generation up.
 *
 * Who makes such a change may be killed between the change and the count. So a change of a name that is in the filter
 * is announced first, with the thread's number: nothing is found while changes are under way, and one whose thread is
 * gone is counted by whoever meets it (state/directories.c). A name that is met for the first time while its change is
 * under way is not covered. */
#ifndef PATH_CACHE_H
#define PATH_CACHE_H
#include "../sys/types.h"

#define CACHE_ENTRIES 256
#define CACHE_TEXT 231
#define CACHE_NAME_WORDS 1024
#define CACHE_CHANGERS 32
#define CACHE_PROGRAM_WORDS 64

struct cache_entry {
    u32 sequence; /* odd while being written */
    u32 hash, generation, table;
    u8 key_length, guest_length, mount, links;
    u8 flags;
    char text[CACHE_TEXT]; /* D, then G unless it is the same */
};

struct cache {
    u32 generation;
    u32 changing; /* bit N: changers[N] is about to change a name */
    u64 trapped, hooked; /* under `debug`: how many calls came by a signal, how many from rewritten sites */
    u32 changers[CACHE_CHANGERS]; /* thread numbers; 0: free */
    u32 rights; /* counted up when a directory is made, or another's owner or mode change: see calls/permit.c */
    u32 lockable; /* the device on which running programs are locked, 0: none; see calls/running.h */
    u64 moves;    /* length of the list of moves: see state/moves.h */
    u64 programs[CACHE_PROGRAM_WORDS]; /* names of programs that were started: another Bloom filter */
    u8 head[PAGE_LEAST - 40 - CACHE_CHANGERS * 4 - CACHE_PROGRAM_WORDS * 8];
    u64 names[CACHE_NAME_WORDS];
    struct cache_entry entries[CACHE_ENTRIES];
};

enum {
    CACHE_RAW = 1,   /* only ".." keeps D from being G: the kernel may be given D, and so sees itself what D asks for */
    CACHE_LINKS = 2, /* links among its names were met: the whole path may be known */
    CACHE_SAME = 4,  /* D is G; of the cache alone */
};

/* What a directory text leads to. */
struct cache_answer {
    char *guest; /* plain guest path: room for CACHE_TEXT bytes where it comes from the cache alone, else PATH_SIZE */
    size_t length;
    unsigned mount; /* index of its mount */
    unsigned links; /* symbolic links met on the way: the kernel follows 40 in one path */
    unsigned flags;
    bool same;      /* the text itself is plain; cache_find() leaves `guest` alone then */
};

/* Sets of names: Bloom filters of so many words, a power of two, which any number of threads may add to at once. */
void names_add(u64 *names, size_t words, const char *name, size_t length);
bool names_may_have(const u64 *names, size_t words, const char *name, size_t length);

/* Look up. `table`: identity of the table of mounts. False where nothing is known. */
bool cache_find(struct cache *cache, u32 table, const char *text, size_t length, struct cache_answer *answer);
/* Is text[0..directory) known to be plain, in the first mount, and the name behind it not known to be a link that
 * `follow` would go by? With `raw` ".." may be in it. The length of what it leads to: all that most calls need to know,
 * at once. -1 where cache_find() must tell more. */
long cache_plain(const struct cache *cache, u32 table, const char *text, size_t directory, size_t length, bool follow,
                 bool raw);
/* Remember. `generation` was read before the walk began. Texts that do not fit are not remembered. */
void cache_put(struct cache *cache, u32 table, u32 generation, const char *text, size_t length,
               const struct cache_answer *answer);
/* Note flags of an entry, if it is still there. */
void cache_mark(struct cache *cache, u32 table, const char *text, size_t length, unsigned flags);
/* A walk is about to look at this name. */
void cache_meet(struct cache *cache, const char *name, size_t length);
/* A link was made or removed, or something moved, under the last name of this text: after the kernel has done it. Where
 * there is none, or only dots, it may be any. */
void cache_change(struct cache *cache, const char *name, size_t length);
/* Did anybody go by the last name of this text? */
bool cache_met(struct cache *cache, const char *name, size_t length);
/* A change under such a name is about to be made by `thread`: its number, for cache_changed(), or -1 where too many are
 * under way. */
int cache_changing(struct cache *cache, u32 thread);
/* It is made and told, or was not made. */
void cache_changed(struct cache *cache, int number);
/* The thread that announced this change is no more: what it may have changed is forgotten. */
void cache_abandoned(struct cache *cache, int number, u32 thread);
/* A program of this name is started. */
void cache_note_program(struct cache *cache, const char *name, size_t length);
/* Was one, perhaps? */
bool cache_may_be_program(const struct cache *cache, const char *name, size_t length);
/* Forget everything. */
void cache_clear(struct cache *cache);

static inline u32 cache_generation(const struct cache *cache) {
    return __atomic_load_n(&cache->generation, __ATOMIC_SEQ_CST);
}

#endif
