/* /proc/PID/status under emulation: the kernel's text with other ids, groups and capabilities, in a memory file. */
#include "status.h"

#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "ids.h"
#include "textview.h"

#define TEXT_SIZE 16384
#define LINE_SIZE (12 * MAX_GROUPS + 64)

/* The process of "/proc/PID/status" or "/proc/PID/task/TID/status"; 0: no such path. */
static u32 process_of(const char *path) {
    u64 pid, thread;
    const char *p;
    if (!text_starts(path, "/proc/") || !text_number(path + 6, &pid, &p)) return 0;
    if (text_starts(p, "/task/") && !text_number(p + 6, &thread, &p)) return 0;
    return text_equal(p, "/status") ? (u32)pid : 0;
}

static size_t put_set(char *line, const char *name, const struct id_set *set) {
    const u32 ids[] = {set->real, set->effective, set->saved, set->fs};
    size_t n = text_put(line, 0, name);
    for (unsigned i = 0; i < 4; i++) n = text_put_number(line, text_put(line, n, "\t"), ids[i]);
    return text_put(line, n, "\n");
}

static size_t put_groups(char *line, const struct ids *ids) {
    size_t n = text_put(line, 0, "Groups:\t");
    for (u32 i = 0; i < ids->group_count; i++) n = text_put(line, text_put_number(line, n, ids->groups[i]), " ");
    return text_put(line, ids->group_count ? n : text_put(line, n, " "), "\n");
}

static size_t put_capabilities(char *line, const char *name, u64 set) {
    size_t n = text_put(line, text_put(line, 0, name), "\t");
    for (int shift = 60; shift >= 0; shift -= 4) line[n++] = "0123456789abcdef"[set >> shift & 15];
    return text_put(line, n, "\n");
}

/* The line in place of one of the kernel's; 0: it stays. */
static size_t other_line(const char *given, const struct ids *ids, char *line) {
    static const char no_filter[] = "Seccomp:\t0\n", no_filters[] = "Seccomp_filters:\t0\n";
    if (text_starts(given, "Uid:")) return put_set(line, "Uid:", &ids->user);
    if (text_starts(given, "Gid:")) return put_set(line, "Gid:", &ids->group);
    if (text_starts(given, "Groups:")) return put_groups(line, ids);
    if (text_starts(given, "CapInh:")) return put_capabilities(line, "CapInh:", ids->inheritable);
    if (text_starts(given, "CapPrm:")) return put_capabilities(line, "CapPrm:", ids->permitted);
    if (text_starts(given, "CapEff:")) return put_capabilities(line, "CapEff:", ids->effective);
    if (text_starts(given, "CapBnd:")) return put_capabilities(line, "CapBnd:", ids->bounding);
    if (text_starts(given, "CapAmb:")) return put_capabilities(line, "CapAmb:", ids->ambient);
    if (text_starts(given, "NoNewPrivs:")) return text_put(line, 0, ids->no_new_privs ? "NoNewPrivs:\t1\n" : "NoNewPrivs:\t0\n");
    if (text_starts(given, "Seccomp:")) return text_put(line, 0, no_filter);
    if (text_starts(given, "Seccomp_filters:")) return text_put(line, 0, no_filters);
    return 0;
}

/* Is the process one of the user's own, judged by the kernel's text? */
static bool is_ours(const char *text) {
    for (; *text; text++) {
        u64 real;
        if (text_starts(text, "\nUid:\t")) return text_number(text + 6, &real, NULL) && real == engine.host_uid;
    }
    return false;
}

static void put_lines(struct text_view *v, char *text, const struct ids *ids) {
    char line[LINE_SIZE];
    while (*text) {
        size_t length = 0, n = other_line(text, ids, line);
        while (text[length] && text[length++] != '\n') {
        }
        char behind = text[length];
        text[length] = line[n] = 0;
        view_put(v, n ? line : text);
        text[length] = behind;
        text += length;
    }
}

static long read_all(const char *path, char *text) {
    long fd = sys(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), n = 0, r;
    if (fd < 0) return fd;
    while ((r = sys(__NR_read, fd, text + n, TEXT_SIZE - 1 - n)) > 0) n += r;
    sys(__NR_close, fd);
    text[n] = 0;
    return r < 0 ? r : n;
}

long status_open(const struct place *place, u64 flags) {
    char text[TEXT_SIZE];
    struct ids ids;
    u32 pid = process_of(place->path);
    if (!engine.emulated || !pid || (flags & (O_ACCMODE | O_PATH))) return -EXDEV;
    long r = read_all(place->path, text);
    if (r < 0) return r;
    if (!is_ours(text)) return -EXDEV;
    if (pid == (u32)sys(__NR_getpid)) ids = *ids_now();
    else ids_of_process(pid, &ids);
    struct text_view v;
    r = view_begin(&v);
    if (r < 0) return r;
    put_lines(&v, text, &ids);
    return view_end(&v, flags);
}
