/* Filling the engine's state from the words of a plan; at the first start and again after each exec. */
#include "engine.h"

#include "sys/arena.h"
#include "sys/raw.h"
#include "sys/say.h"
#include "sys/text.h"

struct engine engine HOT;

static void *take(size_t size) {
    void *room = arena_take(size);
    if (!room) fail(125, "the plan's paths are too long", "");
    return room;
}

char *engine_keep(const char *text) {
    char *kept = take(strlen(text) + 1);
    text_put(kept, 0, text);
    return kept;
}

static const char *plain(const char *path) {
    return text_equal(path, "/") ? "" : path;
}

void engine_add_mount(const struct bind *bind) {
    const char *guest = plain(bind->guest);
    if (!guest[0]) fail(125, "a bind cannot replace the root: ", bind->host);
    size_t n = strlen(guest), size = n + mounts_of_guest(&engine.mounts, guest, n)->host_length + 1;
    char *shadow = take(size);
    long r = mounts_to_host(&engine.mounts, guest, n, shadow, size);
    if (r >= 0)
        r = mounts_add(&engine.mounts, guest, plain(bind->host), shadow, bind->read_only ? MOUNT_READ_ONLY : 0);
    if (r < 0) fail_errno(125, "cannot bind at ", bind->guest, r);
}

void engine_begin_mounts(void) {
    unsigned room = engine.plan.bind_count + 1;
    mounts_begin(&engine.mounts, take(room * sizeof(struct mount)), room, plain(engine.plan.root));
}

void engine_keep_words(char **argv, int first) {
    engine.word_count = engine.plan.first_argument - 1 - first;
    if (engine.word_count > MAX_WORDS) fail(125, "the plan has too many words", "");
    engine.words = take((size_t)(engine.word_count + WORDS_MORE) * sizeof(*argv));
    memcpy(engine.words, argv + first, (size_t)engine.word_count * sizeof(*argv));
}

void engine_parse(int argc, char **argv, int first) {
    const char *complaint = "";
    if (plan_parse(argc, argv, first, &engine.plan, &complaint) < 0)
        fail(125, "the plan makes no sense at: ", complaint);
    say_level = engine.plan.debug;
}

void engine_prepare(int argc, char **argv, int first) {
    engine_parse(argc, argv, first);
    engine_keep_words(argv, first);
    engine_begin_mounts();
    for (unsigned i = 0; i < engine.plan.bind_count; i++) engine_add_mount(&engine.plan.binds[i]);
    if (!engine.plan.inside) return;
    engine.mounts.root = engine.plan.inside;
    engine.mounts.root_length = (u32)strlen(engine.plan.inside);
}
