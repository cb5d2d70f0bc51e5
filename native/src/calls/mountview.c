/* mounts, mountinfo, mountstats: the table's mounts, each with the file system that the host has at its place, and what
 * the host has mounted below them. */
#include "mountview.h"

#include <linux/mman.h>

#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"

#define ROOM (1UL << 20)
#define FIRST_ID 100
enum { DEVICE = 2, ROOT, POINT, OPTIONS, FILE_SYSTEM, SOURCE, SUPER_OPTIONS, FIELDS };

/* One line of the host's mountinfo, its fields cut apart. */
struct entry {
    const char *field[FIELDS];
    char point[PATH_SIZE]; /* plain */
};

/* What is to be told of one mount. */
struct line {
    struct text_view *view;
    unsigned id, parent;
    const struct entry *entry;
    const char *guest;
    bool of_table, read_only;
};
typedef void put_line(const struct line *line);

static void unescape(const char *from, char *to) {
    size_t n = 0;
    for (; *from && n < PATH_SIZE - 1; n++) {
        if (from[0] == '\\' && from[1] && from[2] && from[3]) {
            to[n] = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            to[n] = *from++;
        }
    }
    if (n == 1) n = 0; /* "/" */
    to[n] = 0;
}

static void put_escaped(struct text_view *v, const char *text) {
    for (; *text; text++) {
        char one[2] = {*text, 0};
        view_put(v, *text == ' ' ? "\\040" : *text == '\t' ? "\\011" : *text == '\n' ? "\\012" : *text == '\\' ? "\\134" : one);
    }
}

/* Cut the next line at *text; false at the end. */
static bool next_entry(char **text, struct entry *e) {
    char *p = *text;
    if (!*p) return false;
    unsigned n = 0;
    for (bool optional = false; *p && *p != '\n';) {
        char *word = p;
        while (*p && *p != ' ' && *p != '\n') p++;
        bool end = *p != ' ';
        char *cut = p;
        if (!end) p++;
        bool dash = cut - word == 1 && *word == '-';
        if (n == FILE_SYSTEM && !dash && !optional) continue; /* an optional field */
        if (n == FILE_SYSTEM && dash && !optional) {
            optional = true;
            continue;
        }
        if (n < FIELDS) e->field[n++] = word;
        if (end) break;
        *cut = 0;
    }
    while (*p && *p != '\n') p++;
    if (*p) *p++ = 0;
    *text = p;
    while (n < FIELDS) e->field[n++] = "";
    unescape(e->field[POINT], e->point);
    return true;
}

static bool lies_in(const char *path, const char *above) {
    size_t n = strlen(above);
    return strlen(path) >= n && memcmp(path, above, n) == 0 && (!path[n] || path[n] == '/');
}

static void put_options(const struct line *l) {
    const char *o = l->entry->field[OPTIONS];
    if (l->read_only && text_starts(o, "rw")) view_put(l->view, "ro"), o += 2;
    view_put(l->view, o);
}

static void put_mounts(const struct line *l) {
    const char *more = l->entry->field[SUPER_OPTIONS];
    view_put(l->view, l->entry->field[SOURCE]);
    view_put(l->view, " ");
    put_escaped(l->view, l->guest);
    view_put(l->view, " ");
    view_put(l->view, l->entry->field[FILE_SYSTEM]);
    view_put(l->view, " ");
    put_options(l);
    while (*more && *more != ',') more++;
    view_put(l->view, more);
    view_put(l->view, " 0 0\n");
}

static void put_mountinfo(const struct line *l) {
    char ids[64];
    size_t n = text_put_number(ids, 0, l->id);
    n = text_put(ids, n, " ");
    n = text_put_number(ids, n, l->parent);
    text_put(ids, n, " ");
    const char *words[] = {ids, l->entry->field[DEVICE], " ", l->of_table ? "/" : l->entry->field[ROOT], " "};
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++) view_put(l->view, words[i]);
    put_escaped(l->view, l->guest);
    view_put(l->view, " ");
    put_options(l);
    const char *rest[] = {" - ", l->entry->field[FILE_SYSTEM], " ", l->entry->field[SOURCE], " ",
                          l->entry->field[SUPER_OPTIONS], "\n"};
    for (unsigned i = 0; i < ARRAY_LENGTH(rest); i++) view_put(l->view, rest[i]);
}

static void put_mountstats(const struct line *l) {
    const char *words[] = {"device ", l->entry->field[SOURCE], " mounted on "};
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++) view_put(l->view, words[i]);
    put_escaped(l->view, l->guest);
    view_put(l->view, " with fstype ");
    view_put(l->view, l->entry->field[FILE_SYSTEM]);
    view_put(l->view, "\n");
}

/* The guest's own name of a path of the table, or NULL outside of the process's root. */
static const char *in_root(const char *guest) {
    const struct mounts *m = &engine.mounts;
    if (m->root_length && (memcmp(guest, m->root, m->root_length) != 0 || (guest[m->root_length] && guest[m->root_length] != '/')))
        return NULL;
    guest += m->root_length;
    return *guest ? guest : "/";
}

/* The mount that holds this one's mount point. */
static unsigned parent_of(const struct mount *mount) {
    size_t n = mount->guest_length;
    while (n && mount->guest[n] != '/') n--;
    return FIRST_ID + (unsigned)(mounts_of_guest(&engine.mounts, mount->guest, n) - engine.mounts.table);
}

/* What the host has mounted below one of the table's mounts, and shows there. */
static void put_below(struct line *l, unsigned index, char *text, put_line *put) {
    const struct mounts *m = &engine.mounts;
    char guest[PATH_SIZE];
    struct entry e;
    l->parent = FIRST_ID + index;
    l->of_table = false;
    l->entry = &e;
    for (; *text; text += strlen(text) + 1) {
        char copy[3 * PATH_SIZE], *p = copy;
        if (strlen(text) >= sizeof(copy)) continue;
        text_put(copy, 0, text);
        if (!next_entry(&p, &e) || !lies_in(e.point, m->table[index].host)) continue;
        if (strlen(e.point) == m->table[index].host_length) continue;
        long n = mounts_to_table(m, e.point, guest, sizeof(guest));
        if (n < 0 || mounts_of_guest(m, guest, (size_t)n) != &m->table[index]) continue;
        if (!(l->guest = in_root(guest))) continue;
        l->id++;
        put(l);
    }
}

static void put_mount(struct line *l, unsigned index, char *text, put_line *put) {
    const struct mount *mount = &engine.mounts.table[index];
    struct entry e, best;
    bool found = false;
    char kept[3 * PATH_SIZE], copy[3 * PATH_SIZE];
    for (char *at = text; *at; at += strlen(at) + 1) {
        char *p = copy;
        if (strlen(at) >= sizeof(copy)) continue;
        text_put(copy, 0, at);
        if (!next_entry(&p, &e) || !lies_in(mount->host, e.point)) continue;
        if (found && strlen(e.point) < strlen(best.point)) continue;
        p = kept;
        text_put(kept, 0, at);
        found = next_entry(&p, &best);
    }
    l->guest = in_root(mount->guest);
    if (!found || !l->guest) return;
    *l = (struct line){l->view, FIRST_ID + index, index ? parent_of(mount) : 1, &best, l->guest, true,
                       (mount->flags & MOUNT_READ_ONLY) != 0};
    put(l);
}

static void put_all(struct text_view *v, put_line *put) {
    struct line l = {.view = v};
    long fd = sys(__NR_openat, AT_FDCWD, "/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) fd = sys(__NR_openat, AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
    long room = sys(__NR_mmap, 0, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t have = 0;
    if (fd < 0 || is_error(room)) {
        v->error = fd < 0 ? fd : room;
        return;
    }
    char *text = (char *)room;
    for (long r; have < ROOM - 2 && (r = sys(__NR_read, fd, text + have, ROOM - 2 - have)) > 0;) have += (size_t)r;
    sys(__NR_close, fd);
    for (size_t i = 0; i < have; i++)
        if (text[i] == '\n') text[i] = 0;
    for (unsigned i = 0; i < engine.mounts.count; i++) put_mount(&l, i, text, put);
    l.id = FIRST_ID + MAX_BINDS + 2;
    for (unsigned i = 0; i < engine.mounts.count; i++) {
        l.read_only = (engine.mounts.table[i].flags & MOUNT_READ_ONLY) != 0;
        put_below(&l, i, text, put);
    }
    sys(__NR_munmap, room, ROOM);
}

void mounts_view(struct text_view *v) { put_all(v, put_mounts); }
void mountinfo_view(struct text_view *v) { put_all(v, put_mountinfo); }
void mountstats_view(struct text_view *v) { put_all(v, put_mountstats); }
