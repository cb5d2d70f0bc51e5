/* The kernel checks and tells the host's ids of a unix socket's peers; the guest sends and sees its own. */
#include "credentials.h"

#include "../engine.h"
#include "../sys/raw.h"
#include "../sys/text.h"
#include "ids.h"

#define LEVEL_SOCKET 1
#define TYPE_CREDENTIALS 2

/* The kernel's struct cmsghdr, the same on both CPUs; the data follows, the next one is aligned to 8 bytes. */
struct part {
    u64 length;
    int level, type;
};

static u64 next_part(u64 at, const struct part *part) {
    return at + ((part->length + 7) & ~7UL);
}

static bool holds_ids(const struct part *part) {
    return part->level == LEVEL_SOCKET && part->type == TYPE_CREDENTIALS &&
           part->length >= sizeof(*part) + sizeof(struct peer);
}

long credentials_send(u64 control, u64 length, u8 *room) {
    struct part part;
    struct peer peer;
    long found = 0;
    if (!engine.emulated || length < sizeof(part) || length > CONTROL_ROOM) return 0;
    long r = arch_copy(room, (const void *)control, length);
    if (r < 0) return r;
    for (u64 at = 0; at + sizeof(part) <= length; at = next_part(at, &part)) {
        memcpy(&part, room + at, sizeof(part));
        if (part.length < sizeof(part) || part.length > length - at) break; /* EINVAL, the kernel will say */
        if (!holds_ids(&part)) continue;
        memcpy(&peer, room + at + sizeof(part), sizeof(peer));
        if ((r = ids_send_as(&peer)) < 0) return r;
        memcpy(room + at + sizeof(part), &peer, sizeof(peer));
        found = 1;
    }
    return found;
}

void credentials_show(u64 control, u64 length) {
    struct part part;
    struct peer peer;
    if (!engine.emulated || !control) return;
    for (u64 at = 0; at + sizeof(part) <= length; at = next_part(at, &part)) {
        if (arch_copy(&part, (const void *)(control + at), sizeof(part)) < 0 || part.length < sizeof(part)) return;
        if (!holds_ids(&part) || part.length > length - at) continue;
        void *ids = (void *)(control + at + sizeof(part));
        if (arch_copy(&peer, ids, sizeof(peer)) < 0) return;
        ids_show_peer(&peer);
        arch_copy(ids, &peer, sizeof(peer));
    }
}
