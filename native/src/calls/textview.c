/* A buffer before a memfd, which the guest gets for reading only, as a file of /proc; and a reader of lines. */
#include "textview.h"

#include <linux/memfd.h>

#include "../sys/limits.h"
#include "../sys/raw.h"
#include "../sys/text.h"

long view_begin(struct text_view *v) {
    long fd = sys(__NR_memfd_create, "proc", MFD_CLOEXEC);
    v->fd = (int)fd;
    v->error = 0;
    v->used = 0;
    v->skipping = false;
    return fd < 0 ? fd : 0;
}

static void flush(struct text_view *v) {
    if (v->error == 0) v->error = may_append(v->fd, v->used);
    for (size_t done = 0; done < v->used && v->error == 0;) {
        long r = sys(__NR_write, v->fd, v->buffer + done, v->used - done);
        if (r < 0 && r != -EINTR) v->error = r;
        if (r > 0) done += (size_t)r;
    }
    v->used = 0;
}

void view_put(struct text_view *v, const char *text) {
    while (*text) {
        if (v->used == sizeof(v->buffer)) flush(v);
        v->buffer[v->used++] = *text++;
    }
}

long view_end(struct text_view *v, u64 flags) {
    char link[48];
    flush(v);
    text_put_number(link, text_put(link, 0, "/proc/thread-self/fd/"), (u64)v->fd);
    long r = v->error;
    if (r == 0) r = sys(__NR_openat, AT_FDCWD, link, O_RDONLY | (flags & (O_CLOEXEC | O_NONBLOCK)), 0);
    sys(__NR_close, v->fd);
    return r;
}

void view_lines(struct text_view *v, int from, void (*line)(struct text_view *v, char *line)) {
    char text[3 * PATH_SIZE];
    size_t have = 0;
    for (;;) {
        long r = sys(__NR_read, from, text + have, sizeof(text) - 1 - have);
        if (r < 0 && r != -EINTR) v->error = r;
        if (r == -EINTR) continue;
        if (r <= 0) break;
        have += (size_t)r;
        size_t start = 0;
        for (size_t i = 0; i < have; i++) {
            if (text[i] != '\n') continue;
            text[i] = 0;
            line(v, text + start);
            start = i + 1;
        }
        if (start == 0 && have == sizeof(text) - 1) { /* a line longer than any the kernel writes: in pieces */
            text[have] = 0;
            line(v, text);
            start = have;
        }
        memmove(text, text + start, have -= start);
    }
    text[have] = 0;
    if (have) line(v, text);
}
