/* The table of mounts: nested ones, names that only begin alike, several mounts of one directory. */
#include "../../src/path/path.h"

#include <errno.h>

#include "unit.h"

static struct mounts m;

static const char *host_of(const char *guest) {
    static char host[PATH_ROOM];
    return mounts_to_host(&m, guest, strlen(guest), host, sizeof(host)) < 0 ? "too long" : host;
}

static const char *guest_of(const char *host) {
    static char guest[PATH_SIZE];
    return mounts_to_guest(&m, host, guest, sizeof(guest)) < 0 ? "nowhere" : guest;
}

static void test_paths(void) {
    static const char *const pairs[][2] = {
        {"/etc", "/r/etc"}, {"/mnt", "/data"}, {"/mnt/x/y", "/data/x/y"}, {"/mntx", "/r/mntx"}, {"/mnt/in", "/other"},
        {"/mnt/in/z", "/other/z"}, {"/mnt/inner", "/data/inner"}, {"/file", "/host/file"}, {"/ro/f", "/keep/f"},
    };
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        EXPECT(!strcmp(host_of(pairs[i][0]), pairs[i][1]));
        EXPECT(!strcmp(guest_of(pairs[i][1]), pairs[i][0]));
    }
    EXPECT(!strcmp(host_of(""), "/r"));
    EXPECT(!strcmp(guest_of("/r"), "/"));
    EXPECT(!strcmp(guest_of("/"), "nowhere"));
    EXPECT(!strcmp(guest_of("/rest"), "nowhere"));
    EXPECT(!strcmp(guest_of("/host/file2"), "nowhere"));
    char small[8];
    EXPECT(mounts_to_host(&m, "/etc/passwd", 11, small, sizeof(small)) == -ENAMETOOLONG);
}

static void test_questions(void) {
    EXPECT(mounts_of_shadow(&m, "/r/mnt", 6) == &m.table[1]);
    EXPECT(mounts_of_shadow(&m, "/data/in", 8) == &m.table[2]);
    EXPECT(!mounts_of_shadow(&m, "/r/mn", 5));
    EXPECT(mounts_has_name(&m, "in") && mounts_has_name(&m, "file") && !mounts_has_name(&m, "etc"));
    EXPECT(m.any_read_only);
    EXPECT(mounts_host_read_only(&m, "/keep/f") && mounts_host_read_only(&m, "/keep"));
    EXPECT(!mounts_host_read_only(&m, "/data/f") && !mounts_host_read_only(&m, "/elsewhere"));
    /* the same directory twice, once to be written: a descriptor may come from there */
    EXPECT(!mounts_host_read_only(&m, "/both/f"));
}

static void test_root(void) {
    char guest[PATH_SIZE];
    m.root = "/mnt/jail";
    m.root_length = 9;
    EXPECT(!strcmp(guest_of("/data/jail/x"), "/x"));
    EXPECT(!strcmp(guest_of("/data/jail"), "/"));
    EXPECT(!strcmp(guest_of("/data/jailed"), "nowhere"));
    EXPECT(!strcmp(guest_of("/r/etc"), "nowhere"));
    EXPECT(mounts_to_table(&m, "/data/jail/x", guest, sizeof(guest)) == 11 && !strcmp(guest, "/mnt/jail/x"));
    m.root_length = 0;
}

static char rooms[8 * 3][PATH_SIZE];
static char *room(unsigned mount, unsigned text) { return rooms[mount * 3 + text]; }

static bool is_at(unsigned mount, const char *guest, const char *host, const char *shadow) {
    const struct mount *t = &m.table[mount];
    return !strcmp(t->guest, guest) && !strcmp(t->host, host) && !strcmp(t->shadow, shadow) &&
           t->guest_length == strlen(guest) && t->host_length == strlen(host) && t->shadow_length == strlen(shadow);
}

static void test_moves(void) {
    static struct mount table[8];
    u64 names[MOUNT_NAME_WORDS];
    mounts_begin(&m, table, 8, "/r");
    mounts_add(&m, "/a/b/c", "/data", "/r/a/b/c", 0);
    mounts_add(&m, "/a/b/c/x/in", "/data/y", "/data/x/in", 0);
    mounts_add(&m, "/a/b/other", "/keep", "/r/a/b/other", 0);
    u32 identity = m.identity;
    EXPECT(mounts_depend_on(&m, "/r/a") && mounts_depend_on(&m, "/r/a/b") && mounts_depend_on(&m, "/data/y"));
    EXPECT(!mounts_depend_on(&m, "/r/a/bb") && !mounts_depend_on(&m, "/r/d") && !mounts_depend_on(&m, "/data/y/z"));
    mounts_names(&m, names);
    EXPECT(names_may_have(names, MOUNT_NAME_WORDS, "b", 1) && names_may_have(names, MOUNT_NAME_WORDS, "y", 1) && !names_may_have(names, MOUNT_NAME_WORDS, "nowhere", 7));
    mounts_move(&m, "/r/a/b", "/r/d", false, room);
    EXPECT(is_at(1, "/d/c", "/data", "/r/d/c") && is_at(2, "/d/c/x/in", "/data/y", "/data/x/in") && is_at(3, "/d/other", "/keep", "/r/d/other"));
    EXPECT(m.identity != identity && !strcmp(host_of("/d/c/x/in/f"), "/data/y/f") && !strcmp(host_of("/a/b/c/f"), "/r/a/b/c/f"));
    /* below a mount, and what is mounted */
    mounts_move(&m, "/data/x", "/data/z", false, room);
    EXPECT(is_at(2, "/d/c/z/in", "/data/y", "/data/z/in"));
    mounts_move(&m, "/data/y", "/data/v", false, room);
    EXPECT(is_at(2, "/d/c/z/in", "/data/v", "/data/z/in"));
    /* back, by exchange with a directory that has one too */
    mounts_add(&m, "/e/p", "/p", "/r/e/p", 0);
    mounts_move(&m, "/r/e", "/r/d", true, room);
    EXPECT(is_at(1, "/e/c", "/data", "/r/e/c") && is_at(4, "/d/p", "/p", "/r/d/p") && !strcmp(m.table[4].name, "p"));
    mounts_move(&m, "/r/e", "/gone/e", false, room); /* out of sight: as it was */
    EXPECT(is_at(1, "/e/c", "/data", "/gone/e/c"));
}

void test_mounts(void) {
    static struct mount table[8];
    mounts_begin(&m, table, 8, "/r");
    mounts_add(&m, "/mnt", "/data", "/r/mnt", 0);
    mounts_add(&m, "/mnt/in", "/other", "/data/in", 0);
    mounts_add(&m, "/file", "/host/file", "/r/file", 0);
    mounts_add(&m, "/ro", "/keep", "/r/ro", MOUNT_READ_ONLY);
    mounts_add(&m, "/b1", "/both", "/r/b1", MOUNT_READ_ONLY);
    mounts_add(&m, "/b2", "/both", "/r/b2", 0);
    test_paths();
    test_questions();
    test_root();
    for (unsigned i = m.count; i < 8; i++) mounts_add(&m, "/more", "/more", "/r/more", 0);
    EXPECT(mounts_add(&m, "/over", "/over", "/r/over", 0) == -ENOSPC);
    test_moves();
}
