/* The table of mounts: the guest's root and its binds. Resolution is a function of this table. */
#include "../sys/text.h"
#include "path.h"

#include <linux/errno.h>

void mounts_begin(struct mounts *m, struct mount *table, unsigned room, const char *root) {
    m->table = table;
    m->room = room;
    m->count = 0;
    m->root = "";
    m->any_read_only = false;
    m->root_length = 0;
    m->identity = 0;
    m->shadow_lengths = 0;
    m->moves = 0;
    mounts_add(m, "", root, NULL, 0);
}

static u32 mix(u32 hash, const char *text) {
    do hash = (hash ^ (u8)*text) * 16777619u;
    while (*text++);
    return hash;
}

static void identify(struct mounts *m, const struct mount *mount) {
    m->identity = mix(mix(m->identity, mount->guest), mount->host);
    if (mount->shadow) m->shadow_lengths |= 1UL << (mount->shadow_length & 63);
}

void mounts_identify(struct mounts *m) {
    m->identity = 0;
    m->shadow_lengths = 0;
    for (unsigned i = 0; i < m->count; i++) identify(m, &m->table[i]);
}

long mounts_add(struct mounts *m, const char *guest, const char *host, const char *shadow, u32 flags) {
    if (m->count == m->room) return -ENOSPC;
    struct mount *mount = &m->table[m->count++];
    mount->guest = guest;
    mount->host = host;
    mount->shadow = shadow;
    mount->name = text_last_name(guest);
    mount->guest_length = (u32)strlen(guest);
    mount->host_length = (u32)strlen(host);
    mount->shadow_length = shadow ? (u32)strlen(shadow) : 0;
    mount->flags = flags;
    identify(m, mount);
    if (flags & MOUNT_READ_ONLY) m->any_read_only = true;
    return 0;
}

bool path_lies_in(const char *path, size_t length, const char *above, size_t above_length) {
    return length >= above_length && (length == above_length || path[above_length] == '/') &&
           memcmp(path, above, above_length) == 0;
}

const struct mount *mounts_of_guest(const struct mounts *m, const char *guest, size_t length) {
    const struct mount *best = &m->table[0];
    for (unsigned i = 1; i < m->count; i++) {
        const struct mount *mount = &m->table[i];
        if (mount->guest_length >= best->guest_length && path_lies_in(guest, length, mount->guest, mount->guest_length))
            best = mount;
    }
    return best;
}

const struct mount *mounts_of_shadow(const struct mounts *m, const char *host, size_t length) {
    if (!(m->shadow_lengths >> (length & 63) & 1)) return NULL;
    for (unsigned i = m->count; i-- > 1;) {
        const struct mount *mount = &m->table[i];
        if (mount->shadow_length == length && memcmp(mount->shadow, host, length) == 0) return mount;
    }
    return NULL;
}

bool mounts_has_name(const struct mounts *m, const char *name) {
    for (unsigned i = 1; i < m->count; i++)
        if (text_equal(m->table[i].name, name)) return true;
    return false;
}

bool mounts_host_read_only(const struct mounts *m, const char *host) {
    size_t length = strlen(host), best = 0;
    bool read_only = false;
    for (unsigned i = 0; i < m->count; i++) {
        const struct mount *mount = &m->table[i];
        if (mount->host_length < best || !path_lies_in(host, length, mount->host, mount->host_length)) continue;
        bool this_one = (mount->flags & MOUNT_READ_ONLY) != 0;
        read_only = mount->host_length > best ? this_one : this_one && (read_only || !best);
        best = mount->host_length;
    }
    return read_only;
}

long mounts_to_host(const struct mounts *m, const char *guest, size_t length, char *host, size_t size) {
    const struct mount *mount = mounts_of_guest(m, guest, length);
    size_t rest = length - mount->guest_length;
    if (mount->host_length + rest >= size) return -ENAMETOOLONG;
    memcpy(host, mount->host, mount->host_length);
    memcpy(host + mount->host_length, guest + mount->guest_length, rest);
    host[mount->host_length + rest] = 0;
    return (long)(mount->host_length + rest);
}

long mounts_to_guest(const struct mounts *m, const char *host, char *guest, size_t size) {
    long length = mounts_to_table(m, host, guest, size);
    if (length < 0 || !m->root_length) return length;
    if (!path_lies_in(guest, (size_t)length, m->root, m->root_length)) return -ENOENT;
    length -= m->root_length;
    memmove(guest, guest + m->root_length, (size_t)length + 1);
    if (!length) memcpy(guest, "/", 2), length = 1;
    return length;
}

long mounts_to_table(const struct mounts *m, const char *host, char *guest, size_t size) {
    size_t length = strlen(host);
    const struct mount *best = NULL;
    if (length == 1) length = 0; /* "/" */
    for (unsigned i = 0; i < m->count; i++) {
        const struct mount *mount = &m->table[i];
        if ((!best || mount->host_length >= best->host_length) &&
            path_lies_in(host, length, mount->host, mount->host_length))
            best = mount;
    }
    if (!best) return -ENOENT;
    size_t rest = length - best->host_length;
    if (best->guest_length + rest + 2 > size) return -ENAMETOOLONG;
    memcpy(guest, best->guest, best->guest_length);
    memcpy(guest + best->guest_length, host + best->host_length, rest);
    length = best->guest_length + rest;
    if (!length) guest[length++] = '/';
    guest[length] = 0;
    return (long)length;
}
