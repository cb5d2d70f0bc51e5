/* An engine started by a guest: the filter is there already and one engine is enough. The outer engine is run anew with
 * the inner one's words, every host path in them (which is a guest path here) in terms of the real host. What the
 * outer container has bound below the inner tree is not seen in it. */
#include <linux/mman.h>

#include "../calls/own-descriptor.h"
#include "../calls/resolve.h"
#include "../engine.h"
#include "../supervise/supervise.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "exec.h"

#define LONGEST_WORD 32

static long read_word(u64 argv, long index, u64 *pointer) {
    return arch_copy(pointer, (const void *)(argv + (u64)index * 8), 8);
}

/* Put the host path that stands behind the guest's word at *to. `how`: is a last link followed? */
static long translate(u64 word, u32 how, const char **vector, char **to) {
    char text[PATH_SIZE];
    struct place place;
    long r = resolve_guest(AT_FDCWD, word, how, text, &place);
    if (r < 0) return r;
    if (place.flags & PLACE_ANCHORED) r = place_plain(&place);
    if (r < 0 || place.path[0] != '/') return r < 0 ? r : -EINVAL;
    *vector = *to;
    *to += text_put(*to, 0, place.path) + 1;
    return 0;
}

static bool names_host_path(const char *name) {
    return text_equal(name, "root") || text_equal(name, "bind") || text_equal(name, "state") || text_equal(name, "owners");
}

/* The words of a plan from index `i` on. */
static long translate_plan(const char **vector, u64 argv, long argc, long i, char **to) {
    char name[LONGEST_WORD];
    while (i < argc) {
        u64 word;
        long r = arch_copy_text(name, vector[i], sizeof(name));
        if (r < 0 && r != -ENAMETOOLONG) return r;
        if (r < 0 || text_equal(name, "--")) return 0;
        if (names_host_path(name) && i + 1 < argc) {
            if ((r = read_word(argv, i + 1, &word)) < 0) return r;
            if ((r = translate(word, PATH_FOLLOW, &vector[i + 1], to)) < 0) return r;
        }
        i += plan_word_length(name);
    }
    return 0;
}

/* Is the guest's file at word `i` an engine, with a plan behind it? */
static long starts_engine(const char **vector, long argc, long i) {
    struct program program;
    char version[LONGEST_WORD];
    long r = i + 1 < argc ? arch_copy_text(program.texts, vector[i], PATH_SIZE) : -EINVAL;
    if (r < 0) return r;
    program.used = (size_t)r + 1;
    if ((r = program_find(AT_FDCWD, program.texts, 0, &program)) < 0) return r;
    program_close(&program);
    if ((r = arch_copy_text(version, vector[i + 1], sizeof(version))) < 0) return r;
    return program.is_engine && text_equal(version, "plan1");
}

/* The supervisor is no guest: what it starts and removes must be named as on the host. It can only start an engine. */
static long translate_duty(const char **vector, u64 argv, long argc, char **to) {
    char name[LONGEST_WORD];
    for (long i = 2; i < argc;) {
        u64 word;
        long r = arch_copy_text(name, vector[i], sizeof(name));
        if (r < 0) return r;
        if (text_equal(name, "--")) {
            if ((r = starts_engine(vector, argc, i + 1)) <= 0) return r < 0 ? r : -EPERM;
            vector[i + 1] = "/proc/self/exe";
            return translate_plan(vector, argv, argc, i + 3, to);
        }
        if (text_equal(name, "remove") && i + 1 < argc) {
            if ((r = read_word(argv, i + 1, &word)) < 0) return r;
            if ((r = translate(word, 0, &vector[i + 1], to)) < 0) return r;
        }
        i += duty_word_length(name);
    }
    return 0;
}

static long translate_words(const char **vector, u64 argv, long argc, char *to) {
    char version[LONGEST_WORD];
    long r = argc > 1 ? arch_copy_text(version, vector[1], sizeof(version)) : 0;
    if (r < 0 || argc < 2) return r;
    if (text_equal(version, "plan1")) return translate_plan(vector, argv, argc, 2, &to);
    if (text_equal(version, "supervise1")) return translate_duty(vector, argv, argc, &to);
    for (long i = 2; i < argc && text_equal(version, "owners1") && r >= 0; i++) {
        u64 word;
        if ((r = read_word(argv, i, &word)) == 0) r = translate(word, PATH_FOLLOW, &vector[i], &to);
    }
    return r;
}

long launch_engine(u64 argv, long argc, u64 envp, struct slot *slot) {
    u64 words = ((u64)argc + 2) * 8, size = words + (MAX_BINDS + MAX_REMOVALS + 8) * (u64)PATH_SIZE;
    long room = sys(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (is_error(room)) return room;
    const char **vector = (const char **)room;
    long r = arch_copy(vector, (const void *)argv, (size_t)argc * 8);
    if (r == 0) r = translate_words(vector, argv, argc, (char *)room + words);
    if (r >= 0) {
        own_descriptors_give_up(); /* the new engine would not know of them */
        u64 a[6] = {(u64) "/proc/self/exe", (u64)vector, envp};
        r = arch_blocking(__NR_execve, a, slot);
    }
    sys(__NR_munmap, room, size);
    return r;
}
