/* Which files of /proc have a view, and how one is made: the kernel's text, translated line by line, goes to a memfd
 * that the guest gets in the place of the file. */
#include "views.h"

#include "../engine.h"
#include "../guest-path.h"
#include "../state/socket-names.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "handlers.h"
#include "mountview.h"
#include "textview.h"

#define ENGINE_END (SLOTS_BASE + SLOTS * SLOT_SIZE)

static bool is_engines(u64 address) {
    return address >= ENGINE_BASE && address < ENGINE_END;
}

/* The engine's own files: those of the container's state, and its trampolines. */
static bool is_hidden(const char *path) {
    size_t n = engine.plan.state ? strlen(engine.plan.state) : 0;
    return n && memcmp(path, engine.plan.state, n) == 0 && path[n] == '/';
}

/* Put a host path, which may be marked as deleted, as the guest knows it. */
static void put_path(struct text_view *v, const char *host) {
    static const char deleted[] = " (deleted)";
    char plain[PATH_SIZE], guest[PATH_SIZE];
    size_t n = strlen(host), mark = sizeof(deleted) - 1;
    bool gone = n > mark && text_equal(host + n - mark, deleted);
    if (gone) n -= mark;
    if (n >= sizeof(plain)) n = sizeof(plain) - 1;
    memcpy(plain, host, n);
    plain[n] = 0;
    view_put(v, host_to_guest(plain, guest, sizeof(guest)) >= 0 ? guest : plain);
    if (gone) view_put(v, deleted);
}

static bool hex_number(const char **text, u64 *value) {
    const char *p = *text;
    *value = 0;
    for (;; p++) {
        int digit = *p >= '0' && *p <= '9' ? *p - '0' : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10 : -1;
        if (digit < 0) break;
        *value = *value * 16 + (u64)digit;
    }
    bool some = p != *text;
    *text = p;
    return some;
}

/* maps, smaps: "START-END ... PATH", in smaps with lines "Name: ..." behind. The engine's own lines are left out. */
static void maps_line(struct text_view *v, char *line) {
    const char *p = line;
    u64 start;
    if (hex_number(&p, &start) && *p == '-') {
        char *path = line;
        while (*path && *path != '/') path++;
        v->skipping = is_engines(start) || is_hidden(path);
        if (v->skipping) return;
        char first = *path;
        *path = 0;
        view_put(v, line);
        *path = first;
        if (first) put_path(v, path);
        view_put(v, "\n");
    } else if (!v->skipping) {
        view_put(v, line);
        view_put(v, "\n");
    }
}

/* numa_maps: "START POLICY file=PATH name=N ..." */
static void numa_line(struct text_view *v, char *line) {
    const char *p = line;
    u64 start;
    if (hex_number(&p, &start) && is_engines(start)) return;
    char *path = line;
    while (*path && !text_starts(path, " file=/")) path++;
    if (*path) {
        path += 6;
        char *end = path;
        while (*end && *end != ' ') end++;
        char first = *path, last = *end;
        *path = 0;
        view_put(v, line);
        *path = first;
        *end = 0;
        put_path(v, path);
        *end = last;
        line = end;
    }
    view_put(v, line);
    view_put(v, "\n");
}

/* net/unix: the name is the last column. */
static void unix_line(struct text_view *v, char *line) {
    char guest[PATH_SIZE], *path = line;
    while (*path && !(*path == '/' && path > line && path[-1] == ' ')) path++;
    if (*path && socket_name_for_guest(path, guest)) {
        *path = 0;
        view_put(v, line);
        line = guest;
    }
    view_put(v, line);
    view_put(v, "\n");
}

static void hostname_line(struct text_view *v, char *line) {
    view_put(v, engine.plan.hostname ? engine.plan.hostname : line);
    view_put(v, "\n");
}

static void release_line(struct text_view *v, char *line) {
    view_put(v, engine.plan.kernel ? engine.plan.kernel : line);
    view_put(v, "\n");
}

/* "Linux version RELEASE (...)" */
static void version_line(struct text_view *v, char *line) {
    static const char start[] = "Linux version ";
    if (engine.plan.kernel && text_starts(line, start)) {
        view_put(v, start);
        view_put(v, engine.plan.kernel);
        line += sizeof(start) - 1;
        while (*line && *line != ' ') line++;
    }
    view_put(v, line);
    view_put(v, "\n");
}

static const struct view {
    const char *name;     /* behind /proc/PID/[task/TID/] or, where it begins with a slash, the whole path */
    void (*line)(struct text_view *v, char *line);
    void (*all)(struct text_view *v); /* in the place of `line`: made from the mounts */
} views[] = {
    {"maps", maps_line, NULL},       {"smaps", maps_line, NULL},          {"numa_maps", numa_line, NULL},
    {"mounts", NULL, mounts_view},   {"mountinfo", NULL, mountinfo_view}, {"mountstats", NULL, mountstats_view},
    {"net/unix", unix_line, NULL},   {"/proc/version", version_line, NULL},
    {"/proc/sys/kernel/hostname", hostname_line, NULL}, {"/proc/sys/kernel/osrelease", release_line, NULL},
};

const struct view *view_of(const char *host_path) {
    u64 pid;
    const char *name = proc_behind_process(host_path, &pid);
    for (unsigned i = 0; i < ARRAY_LENGTH(views); i++)
        if (views[i].name[0] == '/' ? text_equal(views[i].name, host_path) : name && text_equal(views[i].name, name))
            return &views[i];
    return NULL;
}

bool view_has_name(const char *name) {
    for (unsigned i = 0; i < ARRAY_LENGTH(views); i++)
        if (text_equal(text_last_name(views[i].name), name)) return true;
    return false;
}

long view_open(const struct view *view, const char *host_path, u64 flags) {
    struct text_view v;
    long fd = sys(__NR_openat, AT_FDCWD, host_path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    long r = view_begin(&v);
    if (r == 0) {
        if (view->all)
            view->all(&v);
        else
            view_lines(&v, (int)fd, view->line);
        r = view_end(&v, flags);
    }
    sys(__NR_close, fd);
    return r;
}
