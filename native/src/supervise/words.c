/* The words of supervise1 and init1: each a name and its fixed number of values, until "--". */
#include <linux/errno.h>

#include "../sys/text.h"
#include "supervise.h"

static bool number(const char *text, u64 most, int *value) {
    const char *end;
    u64 n;
    if (!text_number(text, &n, &end) || *end || n > most) return false;
    *value = (int)n;
    return true;
}

static bool word_direct(struct duty *d, char **v) { return (void)v, d->conduct = DIRECT, true; }
static bool word_through(struct duty *d, char **v) { return (void)v, d->conduct = THROUGH, true; }
static bool word_detached(struct duty *d, char **v) { return (void)v, d->conduct = DETACHED, true; }
static bool word_around(struct duty *d, char **v) { return d->conduct = AROUND, number(v[0], 255, &d->lost_status); }
static bool word_resize(struct duty *d, char **v) { return (void)v, d->resize = true; }
static bool word_console(struct duty *d, char **v) { return (void)v, d->console = true; }
static bool word_plain(struct duty *d, char **v) { return (void)v, d->plain = true; }
static bool word_image(struct duty *d, char **v) { return number(v[0], 1023, &d->image) && d->image > 2; }
static bool word_fill(struct duty *d, char **v) { return number(v[0], 1023, &d->fill); }
static bool word_close(struct duty *d, char **v) { return number(v[0], 1023, &d->close); }
static bool word_parent(struct duty *d, char **v) {
    int pid = 0;
    bool valid = number(v[0], 0x7fffffff, &pid);
    d->parent = (u32)pid;
    return valid;
}
static bool word_remove(struct duty *d, char **v) {
    if (d->removal_count == MAX_REMOVALS || v[0][0] != '/') return false;
    d->removals[d->removal_count++] = v[0];
    return true;
}

static const struct word {
    const char *name;
    int values;
    bool (*parse)(struct duty *d, char **values);
} words[] = {
    {"direct", 0, word_direct}, {"through", 0, word_through}, {"detached", 0, word_detached},
    {"around", 1, word_around}, {"resize", 0, word_resize},   {"image", 1, word_image},
    {"fill", 1, word_fill},     {"close", 1, word_close},     {"parent", 1, word_parent},
    {"remove", 1, word_remove}, {"console", 0, word_console}, {"plain", 0, word_plain},
};

static const struct word *find_word(const char *name) {
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        if (text_equal(words[i].name, name)) return &words[i];
    return NULL;
}

int duty_word_length(const char *name) {
    const struct word *word = find_word(name);
    return word ? 1 + word->values : 1;
}

long duty_parse(int argc, char **argv, struct duty *duty, const char **complaint) {
    memset(duty, 0, sizeof(*duty));
    int i = 2;
    while (i < argc && !text_equal(argv[i], "--")) {
        const struct word *word = find_word(argv[i]);
        *complaint = argv[i];
        if (!word || i + word->values >= argc || !word->parse(duty, argv + i + 1)) return -EINVAL;
        i += 1 + word->values;
    }
    *complaint = "--";
    if (i + 1 >= argc) return -EINVAL;
    duty->first_argument = i + 1;
    return 0;
}
