/* Text on its way into a memfd. */
#ifndef CALLS_TEXTVIEW_H
#define CALLS_TEXTVIEW_H
#include "../sys/types.h"

struct text_view {
    int fd;
    long error;
    size_t used;
    bool skipping; /* for the translator: the lines that follow belong to one left out */
    char buffer[4096];
};

long view_begin(struct text_view *v);
void view_put(struct text_view *v, const char *text);
/* A descriptor for the guest: of the text, at its beginning, for reading only, with O_CLOEXEC and O_NONBLOCK as in
 * `flags`; or -errno. What view_begin() opened is closed. */
long view_end(struct text_view *v, u64 flags);
/* Read `from` to its end and give each line, without its newline, to `line`. */
void view_lines(struct text_view *v, int from, void (*line)(struct text_view *v, char *line));

#endif
