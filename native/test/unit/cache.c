/* The directory cache: what it keeps, what makes it forget, and threads that read while others write. */
#include "../../src/path/cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "unit.h"

static char guest[PATH_SIZE];

static bool find(struct cache *c, u32 table, const char *text, struct cache_answer *a) {
    a->guest = guest;
    if (!cache_find(c, table, text, strlen(text), a)) return false;
    if (a->same) strcpy(guest, text);
    return true;
}

static void put(struct cache *c, u32 table, const char *text, const char *leads_to) {
    struct cache_answer a = {(char *)leads_to, strlen(leads_to), 1, 2, 0, false};
    cache_put(c, table, cache_generation(c), text, strlen(text), &a);
}

static volatile int stop;

static void *writer(void *c) {
    for (unsigned i = 0; !stop; i++) put(c, 7, "/race", i & 1 ? "/aaaaaaaaaaaaaaaaaaaaaaaa" : "/bbbbbbbbbb");
    return NULL;
}

static void test_race(struct cache *c) {
    pthread_t threads[2];
    char mine[PATH_SIZE];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, writer, c);
    int torn = 0;
    for (int i = 0; i < 200000; i++) {
        struct cache_answer a = {.guest = mine};
        if (!cache_find(c, 7, "/race", 5, &a)) continue;
        if (strcmp(mine, "/aaaaaaaaaaaaaaaaaaaaaaaa") && strcmp(mine, "/bbbbbbbbbb")) torn++;
    }
    stop = 1;
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    EXPECT(torn == 0);
}

void test_cache(void) {
    struct cache *c = calloc(1, sizeof(*c));
    struct cache_answer a;
    EXPECT(!find(c, 7, "/usr", &a));
    put(c, 7, "/usr/lib", "/usr/lib");
    EXPECT(find(c, 7, "/usr/lib", &a) && a.length == 8 && !strcmp(guest, "/usr/lib") && a.mount == 1 && a.links == 2);
    EXPECT(!find(c, 8, "/usr/lib", &a)); /* another table of mounts */
    EXPECT(!find(c, 7, "/usr/li", &a));
    put(c, 7, "/lib", "/usr/lib");
    EXPECT(find(c, 7, "/lib", &a) && !strcmp(guest, "/usr/lib"));
    put(c, 7, "/l1", "/l2"); /* of one length, but not the same */
    EXPECT(find(c, 7, "/l1", &a) && !strcmp(guest, "/l2") && !a.same);
    char big[CACHE_TEXT + 10];
    memset(big, 'x', sizeof(big) - 1);
    big[0] = '/';
    big[sizeof(big) - 1] = 0;
    put(c, 7, big, big);
    EXPECT(!find(c, 7, big, &a));
    big[CACHE_TEXT] = 0;
    put(c, 7, big, big);
    EXPECT(find(c, 7, big, &a) && a.length == CACHE_TEXT);
    put(c, 7, big, "/short"); /* text and answer together do not fit: the old entry stays */
    EXPECT(find(c, 7, big, &a) && a.length == CACHE_TEXT);
    cache_meet(c, "usr", 3);
    cache_change(c, "elsewhere/other", 15);
    EXPECT(find(c, 7, "/lib", &a));
    cache_change(c, "/some/usr/", 10);
    EXPECT(!find(c, 7, "/lib", &a) && !find(c, 7, "/usr/lib", &a));
    u32 before = cache_generation(c);
    struct cache_answer late = {(char *)"/usr/lib", 8, 0, 0, 0, false};
    cache_clear(c);
    cache_put(c, 7, before, "/lib", 4, &late); /* a walk begun before the change */
    EXPECT(!find(c, 7, "/lib", &a));
    test_race(c);
    free(c);
}
