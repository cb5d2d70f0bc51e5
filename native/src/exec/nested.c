/* An engine started by a guest: the filter is there already and one engine is enough. The outer engine is run anew with
 * the inner one's words, every host path in them (which is a guest path here) in terms of the real host. What the
 * outer container has bound below the inner tree is not seen in it. */
#include <linux/mman.h>

#include "../calls/resolve.h"
#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "exec.h"

#define LONGEST_WORD 32

static long read_word(u64 argv, long index, u64 *pointer) {
    return arch_copy(pointer, (const void *)(argv + (u64)index * 8), 8);
}

/* Put the host path that stands behind the guest's word at *to. */
static long translate(u64 word, const char **vector, char **to) {
    char text[PATH_SIZE];
    struct place place;
    long r = resolve_guest(AT_FDCWD, word, PATH_FOLLOW, text, &place);
    if (r < 0) return r;
    if (place.path[0] != '/') return -EINVAL;
    *vector = *to;
    *to += text_put(*to, 0, place.path) + 1;
    return 0;
}

static bool names_host_path(const char *name) {
    return text_equal(name, "root") || text_equal(name, "bind") || text_equal(name, "state") || text_equal(name, "owners");
}

static long translate_plan(const char **vector, u64 argv, long argc, char *to) {
    char name[LONGEST_WORD];
    for (long i = 2; i < argc;) {
        u64 word;
        long r = arch_copy_text(name, vector[i], sizeof(name));
        if (r < 0 && r != -ENAMETOOLONG) return r;
        if (r < 0 || text_equal(name, "--")) return 0;
        if (names_host_path(name) && i + 1 < argc) {
            if ((r = read_word(argv, i + 1, &word)) < 0) return r;
            if ((r = translate(word, &vector[i + 1], &to)) < 0) return r;
        }
        i += plan_word_length(name);
    }
    return 0;
}

long launch_engine(u64 argv, long argc, u64 envp, struct slot *slot) {
    char version[LONGEST_WORD];
    u64 words = ((u64)argc + 2) * 8, size = words + (MAX_BINDS + 8) * (u64)PATH_SIZE;
    long room = sys(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (is_error(room)) return room;
    const char **vector = (const char **)room;
    long r = arch_copy(vector, (const void *)argv, (size_t)argc * 8);
    if (r == 0 && argc > 1) {
        r = arch_copy_text(version, vector[1], sizeof(version));
        if (r >= 0 && text_equal(version, "plan1")) r = translate_plan(vector, argv, argc, (char *)room + words);
    }
    if (r >= 0) {
        u64 a[6] = {(u64) "/proc/self/exe", (u64)vector, envp};
        r = arch_blocking(__NR_execve, a, slot);
    }
    sys(__NR_munmap, room, size);
    return r;
}
