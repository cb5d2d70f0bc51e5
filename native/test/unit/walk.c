/* The walk of paths in a pretended file system: links, "..", mounts, other roots, openat2's conditions. */
#include <errno.h>

#include "../../src/path/path.h"
#include "unit.h"

static const struct {
    const char *name, *target; /* target NULL: a directory; "-": a plain file */
} files[] = {
    {"/r", NULL}, {"/r/etc", NULL}, {"/r/etc/passwd", "-"}, {"/r/usr", NULL}, {"/r/usr/lib", NULL}, {"/r/lib", "usr/lib"},
    {"/r/abs", "/etc"}, {"/r/up", "../../../etc"}, {"/r/a", "b"}, {"/r/b", "a"}, {"/r/empty", ""}, {"/r/dangling", "no/where"},
    {"/r/slash", "etc/"}, {"/r/mnt", NULL}, {"/data", NULL}, {"/data/d", NULL}, {"/data/out", "/etc/passwd"},
    {"/data/in", NULL}, {"/other", NULL}, {"/other/back", "../d"}, {"/keep", NULL}, {"/r/jail", NULL}, {"/r/jail/etc", NULL},
    {"/proc", NULL}, {"/proc/self", NULL}, {"/proc/self/fd", NULL}, {"/proc/1", NULL}, {"/r/jail/l", "/etc"}, {"/r/jail/o", "../etc"},
};

static long read_link(const char *path, char *to, size_t size) {
    for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
        if (strcmp(files[i].name, path)) continue;
        if (!files[i].target || !strcmp(files[i].target, "-")) return -EINVAL;
        snprintf(to, size, "%s", files[i].target);
        return (long)strlen(to);
    }
    return strcmp(path, "/proc/self/fd/3") ? -ENOENT : snprintf(to, size, "/etc");
}

static long check_directory(const char *path) {
    char target[64];
    if (!strncmp(path, "/proc/self/fd/", 14)) return 0;
    long r = read_link(path, target, sizeof(target));
    if (r == -EINVAL && !strcmp(path, "/r/etc/passwd")) return -ENOTDIR;
    return r == -EINVAL ? 0 : -ENOENT;
}

static long magic_link(const char *path, bool last, char *to, size_t size) {
    if (!strcmp(path, "/proc/self/fd/3")) return last ? -EXDEV : snprintf(to, size, "/etc") | MAGIC_JUMP;
    if (!strcmp(path, "/proc/self/fd/4")) return snprintf(to, size, "/usr/gone") | MAGIC_JUMP | MAGIC_REMOVED;
    return strcmp(path, "/proc/1/root") ? -EINVAL : snprintf(to, size, "/");
}

static const struct path_host host = {read_link, check_directory, magic_link};
static struct mounts m;
static struct place place;

static const char *walk(const char *base, const char *path, u32 how) {
    long r = path_walk(&m, &host, base, path, how, &place);
    return r == 0 ? place.path : r == -EXDEV ? "EXDEV" : strerror((int)-r);
}

static const struct {
    const char *base, *path;
    u32 how;
    const char *result;
} cases[] = {
    {"/", "/etc/passwd", PATH_FOLLOW, "/r/etc/passwd"},
    {"/", "//etc///./passwd", PATH_FOLLOW, "/r/etc/passwd"},
    {"/etc", "passwd", PATH_FOLLOW, "/r/etc/passwd"},
    {"/", "/", 0, "/r"},
    {"/", "/..", 0, "/r"},
    {"/", "/../../etc", 0, "/r/etc"},
    {"/", "/lib", 0, "/r/lib"},
    {"/", "/lib", PATH_FOLLOW, "/r/usr/lib"},
    {"/", "/lib/", 0, "/r/usr/lib/"},
    {"/", "/lib/x", 0, "/r/usr/lib/x"},
    {"/", "/lib/..", 0, "/r/usr"},
    {"/", "/abs/passwd", 0, "/r/etc/passwd"},
    {"/", "/up", PATH_FOLLOW, "/r/etc"},
    {"/", "/slash/passwd", 0, "/r/etc/passwd"},
    {"/", "/a", PATH_FOLLOW, "Too many levels of symbolic links"},
    {"/", "/a", 0, "/r/a"},
    {"/", "/empty", PATH_FOLLOW, "No such file or directory"},
    {"/", "/dangling/..", 0, "No such file or directory"},
    {"/", "/none/x", 0, "No such file or directory"},
    {"/", "/none", PATH_FOLLOW, "/r/none"},
    {"/", "/etc/passwd/..", 0, "Not a directory"},
    {"/", "", 0, "No such file or directory"},
    /* mounts */
    {"/", "/mnt/d", 0, "/data/d"},
    {"/", "/mnt/../etc", 0, "/r/etc"},
    {"/", "/mnt/out", PATH_FOLLOW, "/r/etc/passwd"},
    {"/", "/mnt/in/back", PATH_FOLLOW, "/data/d"},
    {"/mnt", "in", 0, "/other"},
    {"/", "/mnt/in", PATH_PARENT, "/data/in"},
    /* /proc */
    {"/", "/proc/self/fd/3", PATH_FOLLOW, "/proc/self/fd/3"},
    {"/", "/proc/self/fd/3/passwd", 0, "/proc/self/fd/3/passwd"},
    {"/", "/proc/1/root/etc", PATH_FOLLOW, "/r/etc"},
    /* openat2 */
    {"/jail", "/etc", PATH_IN_ROOT | PATH_FOLLOW, "/r/jail/etc"},
    {"/jail", "l", PATH_IN_ROOT | PATH_FOLLOW, "/r/jail/etc"},
    {"/jail", "../../etc", PATH_IN_ROOT, "/r/jail/etc"},
    {"/jail", "l", PATH_BENEATH | PATH_FOLLOW, "EXDEV"},
    {"/jail", "o", PATH_BENEATH | PATH_FOLLOW, "EXDEV"},
    {"/jail", "/etc", PATH_BENEATH, "EXDEV"},
    {"/jail", "etc/../etc", PATH_BENEATH, "/r/jail/etc"},
    {"/", "/lib/x", PATH_NO_LINKS, "Too many levels of symbolic links"},
    {"/", "/lib/x", PATH_NO_MAGIC, "/r/usr/lib/x"},
    {"/", "/proc/self/fd/3", PATH_NO_MAGIC | PATH_FOLLOW, "Too many levels of symbolic links"},
    {"/", "/mnt/d", PATH_NO_MOUNTS, "EXDEV"},
    {"/mnt", "d", PATH_NO_MOUNTS, "/data/d"},
    {"/mnt", "..", PATH_NO_MOUNTS, "EXDEV"},
};

static void test_flags(void) {
    walk("/", "/ro/f", PATH_FOLLOW);
    EXPECT(place.flags == PLACE_READ_ONLY && place.mount == 3);
    walk("/", "/ro", PATH_PARENT);
    EXPECT(place.flags == PLACE_MOUNT_POINT && place.mount == 0);
    walk("/", "/mnt/in", PATH_PARENT);
    EXPECT(place.flags == PLACE_MOUNT_POINT && place.mount == 1);
    walk("/", "/mnt/in/x", PATH_PARENT);
    EXPECT(place.flags == 0 && place.mount == 2);
    walk("/", "/proc/self/fd/3", PATH_FOLLOW);
    EXPECT(place.flags == (PLACE_PROC | PLACE_KERNEL_FOLLOWS) && place.mount == MOUNT_UNKNOWN);
}

static const char *from(const char *base, const char *path, u32 how) {
    long r = path_walk_from(&m, &host, base, "/proc/self/fd/9", path, how, &place);
    return r == 0 ? place.path : r == -EXDEV ? "EXDEV" : strerror((int)-r);
}

/* Texts that begin at a descriptor's link. */
static void test_anchored(void) {
    EXPECT(!strcmp(from("/etc", "passwd", 0), "/proc/self/fd/9/passwd") && place.flags == PLACE_ANCHORED);
    EXPECT(!strcmp(from("/etc", ".", 0), "/proc/self/fd/9/."));
    EXPECT(!strcmp(from("/etc", "..", 0), "/proc/self/fd/9/.."));
    EXPECT(!strcmp(from("/etc", "../..", 0), "/proc/self/fd/9/..")); /* no further than the root */
    EXPECT(!strcmp(from("/etc", "/usr/lib", 0), "/r/usr/lib"));
    EXPECT(!strcmp(from("/mnt/d", "../x", 0), "/proc/self/fd/9/../x"));
    EXPECT(!strcmp(from("/mnt/d", "../in", 0), "/other"));
    EXPECT(!strcmp(from("/mnt/d", "../in", PATH_PARENT), "/proc/self/fd/9/../in") && place.mount == 1);
    EXPECT(place.flags == (PLACE_ANCHORED | PLACE_MOUNT_POINT));
    EXPECT(!strcmp(from("/mnt/d", "../out", PATH_FOLLOW), "/proc/self/fd/9/../out"));
    EXPECT(!strcmp(from("/mnt", "../etc/passwd", 0), "/r/etc/passwd"));
    /* the root of a scope is there: nothing that could be made */
    EXPECT(!strcmp(from("/etc", "/", PATH_IN_ROOT | PATH_CREATE), strerror(EISDIR)));
    EXPECT(!strcmp(from("/etc", "/", PATH_IN_ROOT | PATH_CREATE | PATH_EXCLUSIVE), strerror(EEXIST)));
    EXPECT(!strcmp(walk("/etc", "..", PATH_IN_ROOT | PATH_CREATE | PATH_EXCLUSIVE), strerror(EEXIST)));
    EXPECT(!strcmp(walk("/", "/proc/self/fd/4/x", PATH_PARENT), "/proc/self/fd/4/x"));
    EXPECT(place.flags == (PLACE_ANCHORED | PLACE_REMOVED));
    EXPECT(!strcmp(walk("/", "/proc/self/fd/4/../x", PATH_PARENT), "/proc/self/fd/4/../x"));
    EXPECT(place.flags == PLACE_ANCHORED);
}

static void test_long(void) {
    static char path[PATH_SIZE + 8];
    memset(path, '/', PATH_SIZE);
    memcpy(path + PATH_SIZE - 1 - 3, "etc", 4);
    EXPECT(!strcmp(walk("/", path, 0), "/r/etc"));
    memset(path, '/', PATH_SIZE);
    memcpy(path + PATH_SIZE - 3, "etc", 4);
    EXPECT(!strcmp(walk("/", path, 0), "File name too long"));
    path[0] = '/';
    memset(path + 1, 'n', 256);
    path[257] = 0;
    EXPECT(strlen(walk("/", path, 0)) == 259); /* the kernel says so, where it comes to that name */
    path[256] = 0;
    EXPECT(strlen(walk("/", path, 0)) == 258);
}

static void test_other_root(void) {
    m.root = "/jail";
    m.root_length = 5;
    EXPECT(!strcmp(walk("/", "/etc", 0), "/r/jail/etc"));
    EXPECT(!strcmp(walk("/", "/l", PATH_FOLLOW), "/r/jail/etc"));
    EXPECT(!strcmp(walk("/", "/../../etc", 0), "/r/jail/etc"));
    EXPECT(!strcmp(walk("/etc", "../etc", 0), "/r/jail/etc"));
    m.root_length = 0;
}

void test_walk(void) {
    static struct mount table[8];
    mounts_begin(&m, table, 8, "/r");
    mounts_add(&m, "/mnt", "/data", "/r/mnt", 0);
    mounts_add(&m, "/mnt/in", "/other", "/data/in", 0);
    mounts_add(&m, "/ro", "/keep", "/r/ro", MOUNT_READ_ONLY);
    mounts_add(&m, "/proc", "/proc", "/r/proc", 0);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *result = walk(cases[i].base, cases[i].path, cases[i].how);
        EXPECT(!strcmp(result, cases[i].result));
        if (strcmp(result, cases[i].result))
            printf("  %s from %s, %#x: %s, wanted %s\n", cases[i].path, cases[i].base, cases[i].how, result, cases[i].result);
    }
    test_flags();
    test_anchored();
    test_long();
    test_other_root();
}
