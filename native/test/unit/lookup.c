/* Look-ups by way of the cache against walks without it, in a pretended file system of links. */
#include <linux/errno.h>
#include <stdlib.h>

#include "../../src/path/path.h"
#include "unit.h"

static struct {
    const char *name, *target; /* target NULL: a directory */
} files[] = {
    {"/r/usr", NULL}, {"/r/usr/lib", NULL}, {"/r/usr/lib/x", NULL}, {"/r/lib", "usr/lib"}, {"/r/abs", "/usr/lib"},
    {"/r/up", "usr/lib/../lib"}, {"/r/loop", "loop"}, {"/r/chain", "lib/x"}, {"/b", NULL}, {"/b/d", NULL},
    {"/b/link", "d"}, {"/r/tobind", "/mnt/d"}, {"/r/mnt", NULL},
    {"/r/slash", "usr/lib/"}, {"/r/usr/end", "lib"},
};
static int looked;

static long read_link(const char *path, char *to, size_t size) {
    looked++;
    for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
        if (strcmp(files[i].name, path)) continue;
        if (!files[i].target) return -EINVAL;
        size_t n = strlen(files[i].target);
        if (n >= size) n = size - 1;
        memcpy(to, files[i].target, n);
        to[n] = 0;
        return (long)n;
    }
    return -ENOENT;
}

static long check_directory(const char *path) {
    char target[64];
    return read_link(path, target, sizeof(target)) == -EINVAL ? 0 : -ENOENT;
}

static long magic_link(const char *path, bool last, char *to, size_t size) {
    (void)path, (void)last, (void)to, (void)size;
    return -EINVAL;
}

static const struct path_host host = {read_link, check_directory, magic_link};

static const struct {
    const char *base, *path, *expected;
    u32 how;
} cases[] = {
    {"/", "/usr/lib/f", "/r/usr/lib/f", 0},        {"/", "/lib/f", "/r/usr/lib/f", 0},
    {"/", "/abs/f", "/r/usr/lib/f", 0},            {"/", "/up/f", "/r/usr/lib/f", 0},
    {"/", "/chain/f", "/r/usr/lib/x/f", 0},        {"/", "/lib", "/r/lib", 0},
    {"/", "/lib", "/r/usr/lib", PATH_FOLLOW},      {"/", "/lib", "/r/usr/lib", PATH_FOLLOW | PATH_KEEP},
    {"/", "/mnt/d/f", "/b/d/f", 0},                {"/", "/mnt/link/f", "/b/d/f", 0},
    {"/", "/tobind/f", "/b/d/f", 0},               {"/usr", "lib/f", "/r/usr/lib/f", 0},
    {"/usr", "../lib/f", "/r/usr/lib/f", 0},       {"/usr/lib", "x//f", "/r/usr/lib/x/f", 0},
    {"/", "/loop/f", NULL, 0},                     {"/", "/nothing/../usr/f", NULL, 0},
    {"/", "//usr///lib/./f", "/r/usr/lib/f", 0},   {"/", "/mnt", "/b", 0},
    {"/", "/f", "/r/f", 0},                        {"/", "/", "/r", PATH_FOLLOW},
    {"/", "/slash", "/r/usr/lib/", PATH_FOLLOW},   {"/", "/lib/", "/r/usr/lib/", PATH_FOLLOW | PATH_LAZY},
    {"/", "/usr/./", "/r/usr/.", PATH_FOLLOW},    {"/usr", "./", "/r/usr/.", PATH_FOLLOW | PATH_LAZY},
    {"/", "/usr/end/", "/r/usr/lib/", 0},          {"/", "/usr//x", "/r/usr/x", PATH_FOLLOW | PATH_LAZY},
};

static bool leads(struct mounts *m, const char *path, u32 how, const char *expected) {
    static struct place place;
    return path_lookup(m, &host, "/", path, strlen(path), how, &place) == 0 && !strcmp(place.path, expected);
}

/* Links in the last place are known once they were followed; ".." is left to the kernel where no link is on the way. */
static void test_last_names(struct mounts *m) {
    u32 lazy = PATH_FOLLOW | PATH_LAZY;
    cache_clear(m->cache);
    EXPECT(leads(m, "/usr/end", lazy, "/r/usr/end"));
    EXPECT(leads(m, "/usr/end", PATH_FOLLOW, "/r/usr/lib"));
    looked = 0;
    EXPECT(leads(m, "/usr/end", lazy, "/r/usr/lib") && leads(m, "/usr/end", PATH_FOLLOW, "/r/usr/lib") && !looked);
    EXPECT(leads(m, "/usr/end", 0, "/r/usr/end") && leads(m, "/usr/x", lazy, "/r/usr/x"));
    EXPECT(leads(m, "/usr/lib/../lib/x", lazy, "/r/usr/lib/x"));
    looked = 0;
    EXPECT(leads(m, "/usr/lib/../lib/x", lazy, "/r/usr/lib/../lib/x") && !looked);
    EXPECT(leads(m, "/usr/lib/../lib/x", 0, "/r/usr/lib/x") && looked > 0); /* others need a plain path */
    for (int round = 0; round < 2; round++) {
        looked = 0;
        EXPECT(leads(m, "/usr/../lib/x", lazy, "/r/usr/lib/x") && looked > 0);
        EXPECT(leads(m, "/mnt/../usr/x", lazy, "/r/usr/x")); /* not in the bind's place on the host */
    }
    cache_change(m->cache, "/r/usr/end", 10);
    EXPECT(leads(m, "/usr/end", lazy, "/r/usr/end"));
}

static bool plain(const struct mounts *m, const char *path, u32 how) {
    char host_path[256];
    snprintf(host_path, sizeof(host_path), "/r%s", path);
    return path_is_plain(m, host_path, strlen(path), how);
}

/* What may be given to the kernel at once is what a look-up gives it. */
static void test_plain(struct mounts *m) {
    u32 lazy = PATH_FOLLOW | PATH_LAZY, hows[] = {0, lazy, PATH_FOLLOW, lazy | PATH_WRITE | PATH_CREATE, PATH_PARENT};
    static struct place place;
    cache_clear(m->cache);
    EXPECT(!plain(m, "/usr/lib/f", 0) && !plain(m, "/usr/lib/../lib/x", lazy)); /* nothing is known yet */
    EXPECT(plain(m, "/f", 0) && plain(m, "/f", lazy));                          /* the root always is */
    for (unsigned k = 0; k < sizeof(hows) / sizeof(*hows); k++)
        for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
            const char *path = cases[i].path;
            if (path[0] != '/' || path_lookup(m, &host, "/", path, strlen(path), hows[k], &place) < 0) continue;
            EXPECT(!plain(m, path, hows[k]) || (!strncmp(place.path, "/r", 2) && !strcmp(place.path + 2, path)));
        }
    EXPECT(leads(m, "/usr/lib/f", 0, "/r/usr/lib/f") && leads(m, "/usr/end", PATH_FOLLOW, "/r/usr/lib"));
    EXPECT(plain(m, "/usr/lib/f", 0) && plain(m, "/usr/lib/f", lazy) && plain(m, "/usr/end", 0));
    EXPECT(!plain(m, "/usr/lib/f", PATH_FOLLOW) && !plain(m, "/usr/lib/f", PATH_PARENT) && !plain(m, "/usr/end", lazy));
    EXPECT(!plain(m, "/lib/f", 0) && !plain(m, "/mnt", 0) && !plain(m, "/mnt/d/f", 0) && !plain(m, "/proc/f", 0));
    EXPECT(!plain(m, "/usr/lib//f", 0) && !plain(m, "/usr/lib/", 0) && !plain(m, "/usr/lib/.", 0) && !plain(m, "/", 0));
    EXPECT(leads(m, "/usr/lib/../f", lazy, "/r/usr/f") && plain(m, "/usr/lib/../f", lazy) && !plain(m, "/usr/lib/../f", 0));
    EXPECT(leads(m, "/usr/../f", lazy, "/r/f") && !leads(m, "/usr/../mnt", lazy, "/r/usr/../mnt") && !plain(m, "/usr/../mnt", lazy));
    cache_change(m->cache, "lib", 3);
    EXPECT(!plain(m, "/usr/lib/f", 0));
}

void test_lookup(void) {
    static struct mounts m;
    static struct place place, walked;
    struct cache *cache = calloc(1, sizeof(*cache));
    static struct mount table[8];
    mounts_begin(&m, table, 8, "/r");
    mounts_add(&m, "/mnt", "/b", "/r/mnt", 0);
    for (int round = 0; round < 3; round++)
        for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
            m.cache = NULL;
            long w = path_walk(&m, &host, cases[i].base, cases[i].path, cases[i].how, &walked);
            m.cache = cache;
            long r = path_lookup(&m, &host, cases[i].base, cases[i].path, strlen(cases[i].path), cases[i].how, &place);
            EXPECT((r < 0) == !cases[i].expected);
            EXPECT((r < 0) == (w < 0) && (r < 0 || !strcmp(place.path, walked.path)));
            EXPECT(r < 0 || !strcmp(place.path, cases[i].expected));
        }
    looked = 0;
    EXPECT(path_lookup(&m, &host, "/", "/chain/g", strlen("/chain/g"), 0, &place) == 0 && looked == 0); /* remembered */
    EXPECT(path_lookup(&m, &host, "/", "/mnt/link/g", strlen("/mnt/link/g"), 0, &place) == 0 && looked > 0); /* a bind's link is not */
    cache_change(cache, "x", 1);
    looked = 0;
    EXPECT(path_lookup(&m, &host, "/", "/chain/g", strlen("/chain/g"), 0, &place) == 0 && looked > 0);
    files[3].target = "usr"; /* lib now leads elsewhere, and the cache is told */
    cache_change(cache, "/r/lib", 6);
    EXPECT(path_lookup(&m, &host, "/", "/lib/f", strlen("/lib/f"), 0, &place) == 0 && !strcmp(place.path, "/r/usr/f"));
    files[3].target = "usr/lib";
    test_last_names(&m);
    test_plain(&m);
    free(cache);
}
