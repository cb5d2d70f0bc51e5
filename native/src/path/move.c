/* Mounts that move along when a directory above them is renamed, as in a kernel, where they belong to the directory and
 * not to its path. Texts are replaced one by one while others may read them: who does so meanwhile may be led wrong, as by
 * the rename itself, but not beyond any text. */
#include "../sys/text.h"
#include "path.h"

enum { TEXT_GUEST, TEXT_HOST, TEXT_SHADOW };

struct move {
    const char *from, *to;
    size_t from_length, to_length;
};

static void turn(struct move *move) {
    struct move old = *move;
    *move = (struct move){old.to, old.from, old.to_length, old.from_length};
}

/* The text's new beginning, and the rest. Its length, or 0: it stays. */
static size_t follow(const struct move *move, const char *text, size_t length, char *to) {
    if (!path_lies_in(text, length, move->from, move->from_length)) return 0;
    size_t rest = length - move->from_length;
    if (move->to_length + rest >= PATH_SIZE) return 0;
    memcpy(to, move->to, move->to_length);
    memcpy(to + move->to_length, text + move->from_length, rest);
    to[move->to_length + rest] = 0;
    return move->to_length + rest;
}

static void set(const char **text, u32 *length, const char *new, size_t new_length, char *room) {
    if (!room) return;
    memcpy(room, new, new_length);
    memset(room + new_length, 0, PATH_SIZE - new_length);
    *text = room;
    *length = (u32)new_length;
}

static void move_text(const char **text, u32 *length, struct move move, bool exchange, unsigned mount, unsigned which,
                      mount_room *room) {
    char new[PATH_SIZE];
    size_t n = follow(&move, *text, *length, new);
    if (!n && exchange) {
        turn(&move);
        n = follow(&move, *text, *length, new);
    }
    if (n) set(text, length, new, n, room(mount, which));
}

/* The mount on which this one was mounted: among those before it. */
static u8 holder(const struct mounts *m, unsigned index) {
    const struct mount *mount = &m->table[index], *best = &m->table[0];
    for (unsigned i = 1; i < index; i++) {
        const struct mount *other = &m->table[i];
        if (other->guest_length >= best->guest_length &&
            path_lies_in(mount->guest, mount->guest_length, other->guest, other->guest_length))
            best = other;
    }
    return (u8)(best - m->table);
}

/* Where a mount is to be seen: its mount point, in what shows it. */
static size_t guest_of(const struct mounts *m, const u8 *holders, unsigned index, char *to) {
    const struct mount *mount = &m->table[index], *in = &m->table[holders[index]];
    if (!index) return 0;
    size_t n = guest_of(m, holders, holders[index], to), rest = mount->shadow_length - in->host_length;
    bool shown = path_lies_in(mount->shadow, mount->shadow_length, in->host, in->host_length);
    if (!shown || n + rest >= PATH_SIZE) { /* it went where nobody sees it */
        memcpy(to, mount->guest, mount->guest_length);
        return mount->guest_length;
    }
    memcpy(to + n, mount->shadow + in->host_length, rest);
    return n + rest;
}

void mounts_move(struct mounts *m, const char *from, const char *to, bool exchange, mount_room *room) {
    struct move move = {from, to, strlen(from), strlen(to)};
    u8 holders[256];
    char guest[PATH_SIZE];
    for (unsigned i = 1; i < m->count; i++) holders[i] = holder(m, i);
    for (unsigned i = 1; i < m->count; i++) {
        struct mount *mount = &m->table[i];
        move_text(&mount->host, &mount->host_length, move, exchange, i, TEXT_HOST, room);
        move_text(&mount->shadow, &mount->shadow_length, move, exchange, i, TEXT_SHADOW, room);
    }
    for (unsigned i = 1; i < m->count; i++) {
        struct mount *mount = &m->table[i];
        size_t n = guest_of(m, holders, i, guest);
        if (n == mount->guest_length && memcmp(guest, mount->guest, n) == 0) continue;
        set(&mount->guest, &mount->guest_length, guest, n, room(i, TEXT_GUEST));
        mount->name = text_last_name(mount->guest);
    }
    mounts_identify(m);
}

bool mounts_depend_on(const struct mounts *m, const char *host) {
    size_t n = strlen(host);
    for (unsigned i = 1; i < m->count; i++) {
        const struct mount *mount = &m->table[i];
        if (path_lies_in(mount->host, mount->host_length, host, n) || path_lies_in(mount->shadow, mount->shadow_length, host, n))
            return true;
    }
    return false;
}

static void note_names(const char *path, u64 *names) {
    while (*path) {
        size_t n = 0;
        while (path[n] && path[n] != '/') n++;
        names_add(names, MOUNT_NAME_WORDS, path, n);
        path += n + (path[n] == '/');
    }
}

void mounts_names(const struct mounts *m, u64 names[MOUNT_NAME_WORDS]) {
    memset(names, 0, MOUNT_NAME_WORDS * sizeof(*names));
    for (unsigned i = 1; i < m->count; i++) {
        note_names(m->table[i].host, names);
        note_names(m->table[i].shadow, names);
    }
}
